import { DaybookError } from '../base/errors.ts';
import type { KafkaConnection, SaslMechanism } from '../sources/kafka/connection.ts';
import { secretOf, settingOf, tlsOf } from './machine/secrets.ts';

const PREFIX = 'DAYBOOK_KAFKA';
const MECHANISMS: Readonly<Record<string, SaslMechanism>> = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
};

/**
 * How Kafka is reached: its brokers as told, all else from the environment: `DAYBOOK_KAFKA_TLS`, `_CA_FILE`, `_CERT_FILE`,
 * `_KEY_FILE`, `_SASL` (plain, scram-sha-256, scram-sha-512), `_USER`, `_PASSWORD` or `_PASSWORD_FILE`.
 * @param brokers  `host:port`, several with commas between
 * @throws DaybookError `SETTING_WRONG`, `SETTING_FILE`
 */
export function kafkaConnection(brokers: string): KafkaConnection {
  const bootstrapBrokers = brokers.split(',').map((each) => each.trim());
  const wrong = bootstrapBrokers.findIndex((each) => !/^(\[[\da-f:]+\]|[^\s:/@]+):\d{1,5}$/i.test(each));
  if (wrong >= 0) {
    // What was typed is not repeated: it may hold a password.
    const which = bootstrapBrokers.length === 1 ? '' : ` ${wrong + 1} of ${bootstrapBrokers.length}`;
    throw new DaybookError(
      'SETTING_WRONG',
      `The address of Kafka's broker${which} cannot be used: it must be host:port, such as 127.0.0.1:9092, several with commas between. ` +
        `A user and a password are set by ${PREFIX}_USER and ${PREFIX}_PASSWORD or ${PREFIX}_PASSWORD_FILE.`,
    );
  }
  const tls = tlsOf(PREFIX);
  const sasl = saslOf();
  return { bootstrapBrokers, ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) };
}

function saslOf(): KafkaConnection['sasl'] | undefined {
  const wish = settingOf(`${PREFIX}_SASL`);
  if (wish === undefined) return undefined;
  const mechanism = MECHANISMS[wish.toLowerCase()];
  const username = settingOf(`${PREFIX}_USER`);
  const password = secretOf(`${PREFIX}_PASSWORD`);
  if (mechanism === undefined) {
    const message = `${PREFIX}_SASL is '${wish}'; it must be one of ${Object.keys(MECHANISMS).join(', ')}.`;
    throw new DaybookError('SETTING_WRONG', message);
  }
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? `${PREFIX}_USER` : `${PREFIX}_PASSWORD or ${PREFIX}_PASSWORD_FILE`;
    throw new DaybookError('SETTING_WRONG', `${PREFIX}_SASL is set, and ${missing} is not. Set it, too.`);
  }
  return { mechanism, username, password };
}
