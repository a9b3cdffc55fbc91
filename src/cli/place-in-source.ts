import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A stack's first line where a file could not be read as code: `/shop/daybook.config.ts:4`, or its URL. */
const UNREADABLE = /^(\S.*):(\d+)$/;
/** A line of a stack: `    at file:///shop/daybook.config.ts:3:9`, with or without the function's name. */
const FRAME = /^ {4}at (?:.*\()?(file:\/\/.+?):(\d+):\d+\)?$/;
/** Daybook's own files, which the user's code calls, or which load it. */
const OWN = new URL('..', import.meta.url).href;

/**
 * Where in a user's own code an error arose, as an editor opens it: `daybook.config.ts:4`.
 * @param error  what `import()` threw
 * @param folder  the path is said from here
 * @returns undefined when the error does not say
 */
export function placeInSource(error: Error, folder: string): string | undefined {
  const lines = (error.stack ?? '').split('\n');
  const frames = lines.flatMap((line) => {
    const frame = FRAME.exec(line);
    return frame === null || frame[1]?.startsWith(OWN) === true ? [] : [frame];
  });
  const place = UNREADABLE.exec(lines[0] ?? '') ?? frames[0];
  const [, file, line] = place ?? [];
  if (file === undefined || line === undefined) return undefined;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const shown = relative(folder, path);
  return `${shown.startsWith('..') ? path : shown}:${line}`;
}
