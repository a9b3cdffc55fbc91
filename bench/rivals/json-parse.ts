/** `JSON.parse` of every line, and nothing done with it: `node json-parse.ts <file.ndjson>` */
import { createReadStream } from 'node:fs';

const [path = ''] = process.argv.slice(2);
const READ_BYTES = 1024 * 1024;

let records = 0;
let rest = '';
for await (const text of createReadStream(path, { encoding: 'utf8', highWaterMark: READ_BYTES })) {
  const lines = (rest + String(text)).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) if (typeof JSON.parse(line) === 'object') records++;
}
process.stdout.write(`${records}\n`);
