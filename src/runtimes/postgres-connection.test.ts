import { afterEach, expect, it, vi } from 'vitest';
import { postgresConnection } from './postgres-connection.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('takes an address, and all else from the environment', () => {
  vi.stubEnv('DAYBOOK_POSTGRES_USER', 'writer');
  vi.stubEnv('DAYBOOK_POSTGRES_PASSWORD', 'hidden');
  vi.stubEnv('DAYBOOK_POSTGRES_TLS', 'true');
  expect(postgresConnection('db:6432/shop')).toEqual({
    host: 'db',
    port: 6432,
    database: 'shop',
    user: 'writer',
    password: 'hidden',
    ssl: {},
    application_name: 'daybook',
  });
});

it('takes a password in the address from the environment, and from nowhere else', () => {
  const address = 'postgres://daybook:hidden@127.0.0.1:5432/daybook';
  expect(() => postgresConnection(address)).toThrow('holds a password, which others see on a command line');
  expect(() => postgresConnection(address)).not.toThrow('hidden');
  vi.stubEnv('DAYBOOK_POSTGRES', address);
  expect(postgresConnection(address)).toMatchObject({ host: '127.0.0.1', user: 'daybook', password: 'hidden' });
});

it('takes what a Kubernetes secret was given as a file with a line feed at its end', () => {
  const address = 'postgres://daybook:hidden@db/shop\n';
  vi.stubEnv('DAYBOOK_POSTGRES', address);
  expect(postgresConnection(address)).toMatchObject({ host: 'db', database: 'shop', password: 'hidden' });
  vi.stubEnv('DAYBOOK_POSTGRES_USER', 'writer\n');
  vi.stubEnv('DAYBOOK_POSTGRES_PASSWORD', ' hid\nden \n\r\n');
  expect(postgresConnection('db/shop')).toMatchObject({ user: 'writer', password: ' hid\nden \n' });
  vi.stubEnv('DAYBOOK_POSTGRES_USER', '\n');
  expect(postgresConnection('db/shop')).toMatchObject({ user: 'daybook' });
});

it.each(['', 'postgres://', 'db:5432/x?sslmode=disable', 'db:notaport/x'])("refuses '%s' as an address", (address) => {
  expect(() => postgresConnection(address)).toThrow('must be host:port/database');
});

it('says how a % in a password is written, and not the password', () => {
  const address = 'postgres://daybook:50%off@127.0.0.1:5432/daybook';
  vi.stubEnv('DAYBOOK_POSTGRES', address);
  expect(() => postgresConnection(address)).toThrow(expect.objectContaining({ code: 'SETTING_WRONG' }));
  expect(() => postgresConnection(address)).toThrow('a % in user, password or database is written %25');
  expect(() => postgresConnection(address)).not.toThrow('50');
  const written = 'postgres://daybook:50%25off@127.0.0.1:5432/daybook';
  vi.stubEnv('DAYBOOK_POSTGRES', written);
  expect(postgresConnection(written)).toMatchObject({ password: '50%off' });
});
