import { DaybookError } from '../base/errors.ts';
import type { PostgresConnection } from '../stores/postgres/database.ts';
import { secretOf, settingOf, tlsOf, withoutLineFeed } from './machine/secrets.ts';

const PREFIX = 'DAYBOOK_POSTGRES';

/**
 * How PostgreSQL is reached: its address as told, all else from the environment: `DAYBOOK_POSTGRES_TLS`, `_CA_FILE`,
 * `_CERT_FILE`, `_KEY_FILE`, `_USER`, `_PASSWORD` or `_PASSWORD_FILE`. An address from the environment may hold user and
 * password itself; one from the command line may not, as others see it there.
 * @param address  `host:port/database` or `postgres://host:port/database`
 * @throws DaybookError `SETTING_WRONG`, `SETTING_FILE`
 */
export function postgresConnection(address: string): PostgresConnection {
  const url = urlOf(address);
  const isFromEnvironment = settingOf(PREFIX) === withoutLineFeed(address);
  if (url.password !== '' && !isFromEnvironment) {
    const message = `The address of PostgreSQL holds a password, which others see on a command line. Set ${PREFIX}, ${PREFIX}_PASSWORD or ${PREFIX}_PASSWORD_FILE instead.`;
    throw new DaybookError('SETTING_WRONG', message);
  }
  const user = settingOf(`${PREFIX}_USER`) ?? (decoded(url.username) || 'daybook');
  const password = secretOf(`${PREFIX}_PASSWORD`) ?? decoded(url.password);
  const tls = tlsOf(PREFIX);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 5432 : Number(url.port),
    database: decoded(url.pathname.slice(1)) || 'daybook',
    user,
    application_name: 'daybook',
    ...(password !== '' && { password }),
    ...(tls !== undefined && { ssl: tls }),
  };
}

/** A part of the address as it is meant. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new DaybookError(
      'SETTING_WRONG',
      'The address of PostgreSQL has a % by itself: a % in user, password or database is written %25.',
      { cause },
    );
  }
}

/** The address is not part of the message: it may hold a password. */
function urlOf(address: string): URL {
  const withScheme = /^postgres(ql)?:\/\//.test(address) ? address : `postgres://${address}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    // Another scheme reads as a host with a path.
    if (url.hostname !== '' && url.search === '' && !url.pathname.slice(1).includes('/')) return url;
  }
  throw new DaybookError(
    'SETTING_WRONG',
    `The address of PostgreSQL must be host:port/database, such as 127.0.0.1:5432/daybook. Settings after a ? are not taken: TLS is set by ${PREFIX}_TLS and ${PREFIX}_CA_FILE.`,
  );
}
