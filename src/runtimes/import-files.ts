import type { Clock } from '../ports/clock.ts';
import type { Refusal } from '../ports/runtime.ts';
import type { ImportSummary } from '../sources/files/import-file.ts';
import { importFile } from '../sources/files/import-file.ts';
import type { RemoteRuntime } from './remote.ts';

/** What became of one file. */
export interface ImportedFile extends ImportSummary {
  readonly path: string;
  /** The first that were refused, in the file's order. */
  readonly refusals: readonly (Refusal & { readonly line: number })[];
}

export interface ImportFilesOptions {
  /** `-` is standard input. */
  readonly paths: readonly string[];
  readonly runtime: RemoteRuntime;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly refusalsMax: number;
  readonly onProgress: (path: string, bytesRead: number, bytesTotal: number | undefined, records: number) => void;
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
      onProgress: (bytesRead, bytesTotal, records) => onProgress(path, bytesRead, bytesTotal, records),
    });
    yield { ...summary, path, refusals };
  }
}
