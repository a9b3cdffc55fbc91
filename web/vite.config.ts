import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
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
