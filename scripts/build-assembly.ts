/** Builds what is written in AssemblyScript: `assembly/NAME.ts` becomes `NAME.wasm` beside it. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const MODULES = ['src/record/assembly/lines', 'src/engine/assembly/key-slots', 'src/engine/assembly/group-rows'];

/** V8 keeps what is under way in registers only within a function, so all that is called from one place is put there. */
const ONE_FUNCTION = ['-O3', '-lmu', '-ocimfs', '100000'];
const FEATURES = ['simd', 'bulk-memory', 'bulk-memory-opt', 'sign-ext', 'mutable-globals', 'nontrapping-float-to-int'];

for (const module of MODULES) {
  const wasm = `${module}.wasm`;
  const given = ['--runtime', 'stub', '--enable', 'simd', '--enable', 'bulk-memory', '-O3'];
  run('asc', [`${module}.ts`, '--outFile', wasm, ...given]);
  run('wasm-opt', [wasm, '-o', wasm, ...FEATURES.map((feature) => `--enable-${feature}`), ...ONE_FUNCTION]);
}

function run(command: string, given: readonly string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules/.bin', command), ...given], { cwd: root, stdio: 'inherit' });
}
