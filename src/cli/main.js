#!/usr/bin/env node
// JavaScript, so that no compiler for types is loaded before the cache knows what it would give.
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `daybook: It needs Node.js 24 or newer, and this is ${process.versions.node}. The right one comes with the packages: npx daybook.\n`,
  );
  process.exit(1);
}
// A long write takes four threads of Node's pool at once, and files are read and unpacked meanwhile.
process.env.UV_THREADPOOL_SIZE ??= '8';
// Each request's bytes are outside the heap, and so many of them make V8 mark it again and again, on threads that take the
// time of the others: a quarter of the CPU time under load. What is kept is in typed arrays, so the heap itself is small.
setFlagsFromString('--no-concurrent-marking');
// Most of a short command's time is the compiling of its modules, which are the same each time.
module.enableCompileCache();
// Nor is a file looked for that stands where its neighbour says. Node would see to links and package.json above each.
const sources = new URL('..', import.meta.url).href;
module.registerHooks({
  resolve(specifier, context, next) {
    // A definition may stand anywhere, also where no package is.
    if (specifier === 'daybook')
      return { url: `${sources}daybook.ts`, format: 'module-typescript', shortCircuit: true };
    const isOwn = specifier.startsWith('.') && specifier.endsWith('.ts') && context.parentURL?.startsWith(sources);
    if (!isOwn) return next(specifier, context);
    return { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true };
  },
});
const { runDaybook } = await import('./daybook.ts');
await runDaybook(process.argv);
