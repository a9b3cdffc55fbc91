import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DaybookError } from '../base/errors.ts';

/** TypeScript knows it of browsers alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: unknown };
  readonly CompileError: new () => Error;
  readonly LinkError: new () => Error;
};

/** What a module is given: functions, by the file that declares them. */
type Imports = Readonly<Record<string, Readonly<Record<string, (...numbers: number[]) => number | boolean>>>>;

/** Those of `Exports` that are functions. */
type FunctionsOf<Exports> = {
  [Name in keyof Exports]: Exports[Name] extends (...given: never) => unknown ? Name : never;
}[keyof Exports];

/** How many parameters the functions have: WebAssembly would take 0 for one that a caller of another version leaves out. */
export type ParametersOf<Exports> = {
  readonly [Name in FunctionsOf<Exports>]: Exports[Name] extends (...given: infer Given) => unknown
    ? Given['length']
    : never;
};

/**
 * A module that was built of an `assembly` folder (AssemblyScript): compiled once a thread, however many instances there are.
 * @param Exports  what it gives; places are addresses in its memory
 */
export class AssemblyModule<Exports, Given extends Imports> {
  readonly #url: URL;
  readonly #parameters: ParametersOf<Exports>;
  readonly #givenForATry: Given;
  #compiled: object | undefined;

  /**
   * @param url  of the built module
   * @param givenForATry  what instances will be given, to see whether they would take it; nothing of it is called
   */
  constructor(url: URL, parameters: ParametersOf<Exports>, givenForATry: Given) {
    this.#url = url;
    this.#parameters = parameters;
    this.#givenForATry = givenForATry;
  }

  /**
   * Compiles it, unless that was done.
   * @throws DaybookError `ASSEMBLY_NOT_BUILT` when it is not there, or was built before its sources were changed, as by a
   *   `git pull`
   */
  load(): void {
    if (this.#compiled !== undefined) return;
    if (!existsSync(this.#url)) throw notBuilt(this.#url, 'has not been built. Run npm run build.');
    this.#compiled = this.compile(readFileSync(this.#url));
  }

  /** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
  compile(bytes: Uint8Array): object {
    const module = compiledOf(bytes);
    if (module !== undefined && this.#fits(module)) return module;
    throw notBuilt(this.#url, 'was built of another version of Daybook. Run npm ci, or npm run build.');
  }

  /** @throws DaybookError `ASSEMBLY_NOT_BUILT` */
  instance(given: Given): Exports {
    this.load();
    return new WebAssembly.Instance(this.#compiled as object, given).exports as Exports;
  }

  /** Whether a module takes what it is given here, and gives what is asked of it. */
  #fits(module: object): boolean {
    try {
      const { exports } = new WebAssembly.Instance(module, this.#givenForATry);
      const functions = exports as Readonly<Record<string, { readonly length: number } | undefined>>;
      return Object.entries(this.#parameters).every(([name, count]) => functions[name]?.length === count);
    } catch (error) {
      // It wants something else.
      if (error instanceof WebAssembly.LinkError || error instanceof TypeError) return false;
      throw error;
    }
  }
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
