import { existsSync } from 'node:fs';
import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Refusal } from '../ports/runtime.ts';
import type { ImportSummary } from '../sources/files/import-file.ts';
import { importFile } from '../sources/files/import-file.ts';
import type { DataFolder } from './data-folder.ts';

/** What became of one file. */
export interface ImportedFile extends ImportSummary {
  readonly path: string;
  /** The first that were refused, in the file's order. */
  readonly refusals: readonly (Refusal & { readonly line: number })[];
}

export interface ImportFilesOptions {
  /** `-` is standard input. */
  readonly paths: readonly string[];
  readonly runtime: Pick<DataFolder, 'plan' | 'accept' | 'bytesInFlightMax'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly refusalsMax: number;
  readonly onProgress: (path: string, bytesRead: number, bytesTotal: number | undefined, records: number) => void;
}

/**
 * Looks that all files are there, so that a slip in the last name does not leave half of an import behind.
 * @param paths  as `importFiles` takes them
 * @throws DaybookError `IMPORT_FILE_MISSING` (details: files), naming all that are not
 */
export function checkFilesExist(paths: readonly string[]): void {
  const missing = paths.filter((path) => path !== '-' && !existsSync(path));
  if (missing.length === 0) return;
  const names = missing.join(', ');
  const rest = paths.length > missing.length ? ' None of the files was imported.' : '';
  const what = missing.length === 1 ? `There is no file ${names}` : `There are no files ${names}`;
  const message = `${what}. Look at the name and the folder.${rest}`;
  throw new DaybookError('IMPORT_FILE_MISSING', message, { details: { files: missing } });
}

/** What is wrong within a file is found where nobody knows its name; of several files it must be said which it is. */
function withFile(error: unknown, path: string): unknown {
  const isNamed = !(error instanceof DaybookError) || ['file', 'path', 'summary'].some((key) => key in error.details);
  if (isNamed || !error.code.startsWith('IMPORT_')) return error;
  const details = { ...error.details, file: path };
  return new DaybookError(error.code, `${nameOf(path)}: ${error.message}`, { details, cause: error });
}

/** What people know a file by that is named to be imported. */
export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/**
 * Imports files one after the other.
 * @returns each file's summary, as soon as all of it is durable
 * @throws what `importFile` throws; the files before count
 */
export async function* importFiles(options: ImportFilesOptions): AsyncGenerator<ImportedFile> {
  const { runtime, clock, signal, refusalsMax, onProgress } = options;
  for (const path of options.paths) {
    const refusals: (Refusal & { readonly line: number })[] = [];
    const summary = await importFile({
      path,
      runtime: {
        plan: runtime.plan,
        accept: async (intake) => {
          const acceptance = await runtime.accept(intake);
          refusals.push(...acceptance.quarantined.slice(0, refusalsMax - refusals.length));
          return acceptance;
        },
      },
      clock,
      signal,
      bytesInFlightMax: runtime.bytesInFlightMax,
      onProgress: (bytesRead, bytesTotal, records) => onProgress(path, bytesRead, bytesTotal, records),
    }).catch((error: unknown) => {
      throw withFile(error, path);
    });
    yield { ...summary, path, refusals };
  }
}
