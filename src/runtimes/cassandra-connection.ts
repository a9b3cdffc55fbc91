import { DaybookError } from '../base/errors.ts';
import type { CassandraConnection } from '../stores/cassandra/cluster.ts';
import { secretOf, settingOf, tlsOf } from './machine/secrets.ts';

const PREFIX = 'DAYBOOK_CASSANDRA';
const DATA_CENTER_DEFAULT = 'datacenter1';

/**
 * How Cassandra is reached: its nodes as told, all else from the environment: `DAYBOOK_CASSANDRA_DATA_CENTER`, `_TLS`,
 * `_CA_FILE`, `_CERT_FILE`, `_KEY_FILE`, `_USER`, `_PASSWORD` or `_PASSWORD_FILE`.
 * @param nodes  `host:port`, several with commas between
 * @throws DaybookError `SETTING_WRONG`, `SETTING_FILE`
 */
export function cassandraConnection(nodes: string): CassandraConnection {
  const contactPoints = nodes.split(',').map((each) => each.trim());
  if (contactPoints.some((each) => !/^(\[[\da-f:]+\]|[^\s:/@]+):\d{1,5}$/i.test(each))) {
    throw new DaybookError(
      'SETTING_WRONG',
      'The address of Cassandra must be host:port, such as 127.0.0.1:9042, several with commas between.',
    );
  }
  const username = settingOf(`${PREFIX}_USER`);
  const password = secretOf(`${PREFIX}_PASSWORD`);
  if ((username === undefined) !== (password === undefined)) {
    const [is, missing] =
      username === undefined
        ? ['a password', `${PREFIX}_USER`]
        : ['a user', `${PREFIX}_PASSWORD or ${PREFIX}_PASSWORD_FILE`];
    throw new DaybookError(
      'SETTING_WRONG',
      `The environment has ${is} for Cassandra, and ${missing} is not set. Set it, too.`,
    );
  }
  const tls = tlsOf(PREFIX);
  return {
    contactPoints,
    localDataCenter: settingOf(`${PREFIX}_DATA_CENTER`) ?? DATA_CENTER_DEFAULT,
    ...(username !== undefined && password !== undefined && { credentials: { username, password } }),
    ...(tls !== undefined && { tls }),
  };
}
