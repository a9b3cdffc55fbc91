import { hash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';
import { DaybookError } from '../base/errors.ts';
import { SUPERSET_NAMESPACE, supersetBundle } from '../compile/superset/superset.ts';
import type { Plan } from '../plan/plan.ts';
import { REPORTS_SCHEMA } from '../plan/shared-names.ts';

const FOLDER = 'daily_report';
/** Superset's own sign for a password that is not shown. */
const PASSWORD_MASK = 'XXXXXXXXXX';
const NAMESPACE_BYTES = Buffer.from(SUPERSET_NAMESPACE.replaceAll('-', ''), 'hex');
/** What a zip can say at the earliest. It is local time, which has this date in any zone. */
const FILE_TIME = new Date(1980, 0, 1);

/**
 * A plan's assets bundle for Superset as a zip: the same bytes from the same definition and URL.
 * @param reportsUrl  how Superset reaches PostgreSQL: `postgres://superset@127.0.0.1:5432/daybook`, no password in it
 * @throws DaybookError `SETTING_WRONG` when it is another URL
 */
export function supersetZip(plan: Plan, reportsUrl: string): Uint8Array {
  const files = supersetBundle(plan, { databaseUri: databaseUri(reportsUrl), schema: REPORTS_SCHEMA, uuidOf });
  return zipSync(
    Object.fromEntries(
      files.map(({ path, content }) => [`${FOLDER}/${path}`, strToU8(`${JSON.stringify(content, null, 2)}\n`)]),
    ),
    { level: 9, mtime: FILE_TIME },
  );
}

/** As SQLAlchemy takes it. Where Superset sees the mask, it asks for the password, or keeps the one that it has. */
function databaseUri(reportsUrl: string): string {
  const url = URL.parse(reportsUrl);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.username === '' || url.pathname.length < 2) {
    throw new DaybookError(
      'SETTING_WRONG',
      `The reports' URL must name user, host and database, as postgres://superset@127.0.0.1:5432/daybook does.`,
    );
  }
  if (url.password !== '') {
    throw new DaybookError(
      'SETTING_WRONG',
      `The reports' URL holds a password, which others would see. Take it out; apply reads it from DAYBOOK_REPORTS_PASSWORD_FILE.`,
    );
  }
  return `postgresql+psycopg2://${url.username}:${PASSWORD_MASK}@${url.host}${url.pathname}${url.search}`;
}

/** A name's UUID of version 5 in the bundle's namespace. RFC 9562, 5.5. */
function uuidOf(name: string): string {
  const bytes = hash('sha1', Buffer.concat([NAMESPACE_BYTES, Buffer.from(name)]), 'buffer');
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
