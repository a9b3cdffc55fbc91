/**
 * Makes the secrets of compose.yaml when they are not there yet: each in a file of a folder that only those who need it
 * mount. What is there stays. Needs nothing but Node.
 *
 *   node make-secrets.mjs FOLDER
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 32;
/** Folders, and what is in each. `fernet` is 32 bytes in base64url with its padding, as Airflow wants it. */
const SECRETS = {
  postgres: ['password'],
  reports: ['password'],
  superset: ['key', 'admin'],
  airflow: ['fernet', 'jwt', 'admin'],
};

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name the folder.');
for (const [owner, names] of Object.entries(SECRETS)) {
  mkdirSync(join(folder, owner), { recursive: true, mode: 0o755 });
  for (const name of names) {
    const path = join(folder, owner, name);
    if (existsSync(path)) continue;
    const secret = randomBytes(BYTES).toString('base64url');
    // Those who mount the folder run as users of their own. What is half written has another name.
    writeFileSync(`${path}.new`, name === 'fernet' ? `${secret}=` : secret, { mode: 0o444 });
    renameSync(`${path}.new`, path);
    process.stdout.write(`${owner}/${name} was made.\n`);
  }
}
