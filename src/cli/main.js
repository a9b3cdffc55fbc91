#!/usr/bin/env node
// JavaScript, so that no compiler for types is loaded before the cache knows what it would give.
import { enableCompileCache } from 'node:module';

// Most of a short command's time is the compiling of its modules, which are the same each time.
enableCompileCache();
const { runDaybook } = await import('./daybook.ts');
await runDaybook(process.argv);
