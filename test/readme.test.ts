import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { dailyRecords } from '../daybook.config.ts';
import { SUPERSTORE_COLUMNS } from '../src/sources/files/superstore-columns.ts';
import { runDaybook, temporaryFolder } from './process/daybook-process.ts';

const ROOT = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const CONFIG = join(ROOT, 'daybook.config.ts');

/** The first block of a language in a part of the README. */
function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? '';
}

/** The definition with the README's change, each part of which has one place where it fits. */
function changedDefinition(): string {
  const parts = block('diff')
    .split(/^@@\n/m)
    .map((part) => part.trimEnd().split('\n'));
  const side = (lines: readonly string[], left: string): string =>
    lines.flatMap((line) => (line.startsWith(left) ? [] : [`${line.slice(1)}\n`])).join('');
  let text = readFileSync(CONFIG, 'utf8');
  for (const lines of parts) {
    const [before, after] = [side(lines, '+'), side(lines, '-')];
    expect(text.split(before)).toHaveLength(2);
    text = text.replace(before, () => after);
  }
  return text;
}

/** What TypeScript says of a text that stands in the place of the definition. */
function mistakesIn(text: string): readonly string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (path) => (resolve(path) === CONFIG ? text : read(path));
  const program = ts.createProgram([CONFIG], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** The names in the first column of the table under a heading. */
function namesUnder(heading: string): readonly string[] {
  const part = readme.split(`### ${heading}\n`)[1]?.split(/^##/m)[0] ?? '';
  return [...part.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
}

describe('the README', () => {
  it('shows a whole change of the definition, which TypeScript accepts', () => {
    expect(mistakesIn(changedDefinition())).toEqual([]);
    expect(mistakesIn(changedDefinition().replace(/^ {2}ratio,\n/m, ''))).not.toEqual([]);
  });

  it('shows a record that is accepted, and the new report then has its row', async () => {
    await using folder = await temporaryFolder();
    const [data, config] = [join(folder.path, 'data'), join(folder.path, 'daybook.config.ts')];
    const entry = pathToFileURL(join(ROOT, 'src/daybook.ts')).href;
    await writeFile(config, changedDefinition().replace("from 'daybook'", `from '${entry}'`));
    const record = /-d '(\{.*?\})'/s.exec(readme)?.[1] ?? '';
    const imported = await runDaybook(['import', '-', '--data', data, '--config', config], record);
    expect(imported.stdout).toBe('standard input: 1 accepted, 0 duplicates, 0 quarantined\n');
    const report = ['report', 'daily_segment', '--format', 'json', '--data', data, '--config', config];
    expect(JSON.parse((await runDaybook(report)).stdout)).toMatchObject({
      rows: [{ ts_date: '2026-03-04', segment: 'Consumer', sales: 1, daily_rev: 241, basket: 241 }],
    });
  });

  it('names all fields of a record, and all columns that order lines need', () => {
    expect(namesUnder('A record')).toEqual(Object.keys(dailyRecords.fields));
    expect(namesUnder('Order lines').toSorted()).toEqual(SUPERSTORE_COLUMNS.toSorted());
  });
});
