import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { DaybookError } from '../base/errors.ts';

/** TypeScript knows it of browsers alone. */
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    customSections(module: object, name: string): readonly ArrayBuffer[];
  };
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: unknown };
  readonly CompileError: new () => Error;
};

/** What a module is given: functions, by the file that declares them. */
type Imports = Readonly<Record<string, Readonly<Record<string, (...numbers: number[]) => number | boolean>>>>;

/** The part of a module that says of which sources it was built. */
export const SOURCES_SECTION = 'sources';

/**
 * A module that was built of an `assembly` folder (AssemblyScript): compiled once a thread, however many instances there are.
 * @param Exports  what it gives; places are addresses in its memory
 */
export class AssemblyModule<Exports, Given extends Imports> {
  readonly #url: URL;
  #compiled: object | undefined;

  /** @param url  of the built module, which stands beside its sources */
  constructor(url: URL) {
    this.#url = url;
  }

  /**
   * Compiles it, unless that was done.
   * @throws DaybookError `ASSEMBLY_NOT_BUILT` when it is not there, or was built before its sources were changed, as by a
   *   `git pull`
   */
  load(): void {
    if (this.#compiled !== undefined) return;
    if (!existsSync(this.#url)) throw notBuilt(this.#url, 'has not been built. Run npm run build.');
    const module = compiledOf(readFileSync(this.#url));
    if (module === undefined || !isOf(module, sourcesDigest(new URL('.', this.#url)))) {
      throw notBuilt(this.#url, 'was built of another version of Daybook. Run npm ci, or npm run build.');
    }
    this.#compiled = module;
  }

  /** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
  instance(given: Given): Exports {
    this.load();
    return new WebAssembly.Instance(this.#compiled as object, given).exports as Exports;
  }
}

/** Tells one state of all sources of a folder from another. CRC-32, as what else there is takes longer to load than all that is read. */
export function sourcesDigest(folder: URL): Uint8Array {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  let crc = 0;
  // Whoever reads a folder gets its names in any order.
  for (const name of sources.sort()) crc = crc32(readFileSync(new URL(name, folder)), crc32(`${name}\n`, crc));
  return Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24);
}

/** Whether a module says that it was built of these sources. */
function isOf(module: object, digest: Uint8Array): boolean {
  const [built] = WebAssembly.Module.customSections(module, SOURCES_SECTION);
  return built !== undefined && Buffer.from(built).equals(digest);
}

/** @returns undefined when the bytes are no whole module */
function compiledOf(bytes: Uint8Array): object | undefined {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

function notBuilt(url: URL, what: string): DaybookError {
  return new DaybookError('ASSEMBLY_NOT_BUILT', `${basename(fileURLToPath(url))}, a part of Daybook, ${what}`);
}
