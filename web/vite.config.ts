import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

const DIST = join(import.meta.dirname, 'dist');
/** Two levels more would take ten times as long, and save three bytes in a hundred. */
const QUALITY = { [constants.BROTLI_PARAM_QUALITY]: 9 };
const COMPRESSED = /\.(?:js|mjs|css|json|svg|html)$/;

/** Puts a packed twin beside each file, so that the server packs nothing while somebody waits. */
function compressedTwins(): Plugin {
  return {
    name: 'compressed-twins',
    closeBundle: () => {
      for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
        if (!COMPRESSED.test(name)) continue;
        const path = join(DIST, name);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: QUALITY }));
        writeFileSync(`${path}.gz`, gzipSync(bytes));
      }
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [compressedTwins()],
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // What the page loads are files of its own server, so that a strict content security policy holds.
    assetsInlineLimit: 0,
    // The map is one library in a chunk of its own, loaded when a page has a map.
    chunkSizeWarningLimit: 1500,
    // 'use client' is for servers that draw pages, which nothing here does.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  // For work on the pages: `npx vite web` beside a `daybook start`.
  server: { proxy: { '/api': 'http://127.0.0.1:4000' } },
});
