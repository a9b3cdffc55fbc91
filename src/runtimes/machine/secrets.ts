import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { DaybookError } from '../../base/errors.ts';

/**
 * A secret from the environment, or from the file that `<name>_FILE` names there, as orchestrators mount them. Never from a
 * command line, where others see it.
 * @returns undefined when neither is set
 * @throws DaybookError `SETTING_FILE` when the file cannot be read
 */
export function secretOf(name: string): string | undefined {
  const own = settingOf(name);
  if (own !== undefined) return own;
  const file = fileOf(`${name}_FILE`);
  return file === undefined ? undefined : withoutLineFeed(file);
}

/**
 * TLS as `<prefix>_TLS`, `_CA_FILE`, `_CERT_FILE` and `_KEY_FILE` say; the authority's file alone means TLS, too.
 * @returns undefined when it is not wanted
 * @throws DaybookError `SETTING_FILE`, `SETTING_WRONG`
 */
export function tlsOf(prefix: string): ConnectionOptions | undefined {
  const wish = settingOf(`${prefix}_TLS`);
  if (wish !== undefined && wish !== 'true' && wish !== 'false') {
    throw new DaybookError('SETTING_WRONG', `${prefix}_TLS is '${wish}'; it must be true or false.`);
  }
  const ca = fileOf(`${prefix}_CA_FILE`);
  const cert = fileOf(`${prefix}_CERT_FILE`);
  const key = fileOf(`${prefix}_KEY_FILE`);
  if (wish === 'false' || (wish === undefined && ca === undefined)) return undefined;
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

/** A setting of the environment; an empty one is none. */
export function settingOf(name: string): string | undefined {
  const value = withoutLineFeed(process.env[name] ?? '');
  return value === '' ? undefined : value;
}

/** Editors end a file by a line feed, which is not the setting's; Kubernetes makes variables of such files, too. */
export function withoutLineFeed(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function fileOf(name: string): string | undefined {
  const path = settingOf(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DaybookError('SETTING_FILE', `${name} names ${path}, which cannot be read: ${reason}.`, {
      details: { name, path },
      cause,
    });
  }
}
