/** Builds what is written in AssemblyScript: `assembly/NAME.ts` becomes `NAME.wasm` beside it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SOURCES_SECTION, sourcesDigest } from '../src/assembly/assembly-module.ts';

const root = resolve(import.meta.dirname, '..');
const MODULES = [
  'src/record/assembly/lines',
  'src/log/assembly/unpacking',
  'src/engine/assembly/key-slots',
  'src/engine/assembly/group-rows',
];

/** V8 keeps what is under way in registers only within a function, so all that is called from one place is put there. */
const ONE_FUNCTION = ['-O3', '-lmu', '-ocimfs', '100000'];
const FEATURES = ['simd', 'bulk-memory', 'bulk-memory-opt', 'sign-ext', 'mutable-globals', 'nontrapping-float-to-int'];

for (const module of MODULES) {
  const wasm = `${module}.wasm`;
  const given = ['--runtime', 'stub', '--enable', 'simd', '--enable', 'bulk-memory', '-O3'];
  run('asc', [`${module}.ts`, '--outFile', wasm, ...given]);
  run('wasm-opt', [wasm, '-o', wasm, ...FEATURES.map((feature) => `--enable-${feature}`), ...ONE_FUNCTION]);
  appendFileSync(join(root, wasm), sectionOf(sourcesDigest(new URL('.', pathToFileURL(join(root, wasm))))));
}

/**
 * A part of a module that nobody runs.
 * Source: WebAssembly Core Specification 2.0, 5.5.3, of lengths below 128
 */
function sectionOf(digest: Uint8Array): Uint8Array {
  const name = Buffer.from(SOURCES_SECTION);
  return Buffer.concat([Buffer.of(0, 1 + name.length + digest.length, name.length), name, digest]);
}

function run(command: string, given: readonly string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules/.bin', command), ...given], { cwd: root, stdio: 'inherit' });
}
