import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages load nothing from elsewhere; MapLibre draws in a worker made of a blob. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "worker-src 'self' blob:",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Daybook</title>
<p>The pages have not been built. Run <code>npm run build</code>, start Daybook again and load this page again; the API is at <a href="/api/v1/reports">/api/v1/reports</a>.`;

/** The files that the new page needs were not there when those that are served were listed, and the old ones are gone. */
const BUILT_ANEW = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Daybook was updated</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>Daybook was updated while it ran</h1>
<p>Its pages were built anew. Stop it (Ctrl-C), start it again, and load this page again. What was sent to it is kept.`;

/** For who follows an old link, or mistypes one. */
export const NO_SUCH_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>No such page – Daybook</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>There is no page here</h1>
<p>There are the <a href="/">dashboard</a>, the <a href="/records">records</a> and the <a href="/pipeline">pipeline</a>.`;

const INDEX = 'index.html';
/** Where pages are; all of them are the one document, which looks at its address. */
const PAGES = ['/records', '/pipeline'];

/** Serves the built pages. Files with a hash in their name never change. */
export async function addPages(app: FastifyInstance, folder: string): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    void reply.headers({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
  const index = contentOf(folder);
  if (index === undefined) {
    for (const path of ['/', ...PAGES]) {
      app.get(path, (_request, reply) => reply.type('text/html; charset=utf-8').send(NOT_BUILT));
    }
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isHashed = path.startsWith(join(folder, 'assets'));
      void reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const shown = new Set<string | undefined>(['/', `/${INDEX}`, ...PAGES]);
  app.addHook('onRequest', async (request, reply) => {
    if (!shown.has(request.routeOptions.url) || contentOf(folder) === index) return undefined;
    return reply.status(503).type('text/html; charset=utf-8').send(BUILT_ANEW);
  });
  for (const path of PAGES) app.get(path, (_request, reply) => reply.sendFile(INDEX));
}

/** The document that all pages are; undefined while there is none. */
function contentOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, INDEX), 'utf8');
  } catch {
    return undefined;
  }
}
