import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import type { Figure, Outcome } from './figure.ts';
import { cellsOf, markdownTable } from './table.ts';

const HEAD = `# Figures

Each is measured beside its alternative in one run; \`npm run bench\` measures them again and writes this file. A median is that
of all runs; 'Daybook is' gives the median of the runs' ratios, and the smallest and the largest. A figure keeps what it
was when only others were measured.
`;

/** Under what a figure was measured. */
export interface Circumstances {
  readonly command: string;
  readonly runs: number;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Where the data folders were. */
  readonly folder: string;
}

/** Puts a figure into the file in place of what it was; the others stay. */
export async function writeResult(
  path: string,
  figures: readonly Figure[],
  figure: Figure,
  outcome: Outcome,
  circumstances: Circumstances,
): Promise<void> {
  const sections = sectionsOf(await readFile(path, 'utf8').catch(() => ''));
  sections.set(figure.title, sectionText(figure, outcome, circumstances));
  const texts = figures.flatMap(({ title }) => sections.get(title) ?? []);
  await writeFile(path, [HEAD, ...texts].join('\n'));
}

/** What stands under each heading, with it. */
export function sectionsOf(text: string): Map<string, string> {
  const sections = text.split(/^(?=## )/m).slice(1);
  return new Map(sections.map((section) => [section.slice(3, section.indexOf('\n')), `${section.trim()}\n`]));
}

function sectionText(figure: Figure, { lines, versions }: Outcome, circumstances: Circumstances): string {
  const { command, runs, date, folder } = circumstances;
  const named = Object.entries({ ...circumstances.versions, ...versions }).map(
    ([name, version]) => `${name} ${version}`,
  );
  return [
    `## ${figure.title}`,
    '',
    figure.method,
    '',
    markdownTable(lines.map(cellsOf)),
    `${date}, \`${command}\`, ${runs} ${runs === 1 ? 'run' : 'runs'}. ${named.join(', ')}. ${machine(folder)}.`,
    '',
  ].join('\n');
}

function machine(folder: string): string {
  const [first] = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} cores of ${first?.model.trim() ?? 'an unknown processor'}, ${memoryGb} GB, ${type()} ${release().split('.', 2).join('.')}, ${fileSystem(folder)}`;
}

function fileSystem(folder: string): string {
  try {
    return execFileSync('stat', ['--file-system', '--format', '%T', folder], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return 'a file system of unknown kind';
  }
}
