#!/usr/bin/env node
// JavaScript, so that no compiler for types is loaded before the cache knows what it would give.
import module from 'node:module';

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `daybook: It needs Node.js 24 or newer, and this is ${process.versions.node}. The right one comes with the packages: npx daybook.\n`,
  );
  process.exit(1);
}
// Most of a short command's time is the compiling of its modules, which are the same each time.
module.enableCompileCache();
const { runDaybook } = await import('./daybook.ts');
await runDaybook(process.argv);
