/**
 * What no other tool sees: download addresses in the lock file, tests that do not run, errors that are swallowed,
 * folders named after nothing of the domain, decisions with one number.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');

const NAMELESS = /(^|\/)(utils?|helpers?|common|managers?|misc)\//;
const CODE = /\.tsx?$/;
const DECISION = /^docs\/decisions\/(?<number>\d{4})-/;
/** Patterns are put together so that this file does not match itself. */
const FORBIDDEN_IN_CODE: readonly (readonly [RegExp, string])[] = [
  [new RegExp(String.raw`\b(it|test|describe)\.(skip|todo|only|fails)\b`), 'a test that does not run, or alone'],
  [new RegExp(String.raw`catch( \(\w+\))? \{\s*\}`), 'an error that is swallowed'],
  [new RegExp(String.raw`@ts-(ignore|nocheck)`), 'a check that is switched off'],
];

const mistakes = [
  ...lockfileMistakes(),
  ...files
    .filter((path) => NAMELESS.test(path))
    .map((path) => `${path}: its folder is named after nothing of the domain`),
  ...numberMistakes(),
  ...files.filter((path) => CODE.test(path) && path !== 'scripts/check-house.ts').flatMap(codeMistakes),
];
for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
process.stdout.write(`house: ${files.length} files, ${mistakes.length} mistakes\n`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

function lockfileMistakes(): readonly string[] {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return lock.includes('"resolved"')
    ? ['package-lock.json: it holds download addresses; .npmrc says omit-lockfile-registry-resolved=true']
    : [];
}

/** Two that are written at the same time may each take the next number. */
function numberMistakes(): readonly string[] {
  const numbers = files.map((path) => DECISION.exec(path)?.groups?.['number']);
  return files
    .filter((_, at) => numbers[at] !== undefined && numbers.indexOf(numbers[at]) !== at)
    .map((path) => `${path}: its number is another decision's`);
}

function codeMistakes(path: string): readonly string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return FORBIDDEN_IN_CODE.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${path}: ${what}`);
}
