/**
 * What a seeded test runs. `DAYBOOK_SEED` is the one seed to replay; else `DAYBOOK_SEEDS` says how many there are, from
 * `DAYBOOK_FIRST_SEED` on.
 * @param count  how many unless told
 */
export function seedsToRun(count: number): readonly number[] {
  const only = process.env['DAYBOOK_SEED'];
  if (only !== undefined) return [Number(only)];
  const first = Number(process.env['DAYBOOK_FIRST_SEED'] ?? 1);
  return Array.from({ length: Number(process.env['DAYBOOK_SEEDS'] ?? count) }, (_, index) => first + index);
}

/** Seeds in parts, so that a test of many says how far it came and none of them takes all the time. */
export function inParts(seeds: readonly number[], size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(seeds.length / size) }, (_, part) =>
    seeds.slice(part * size, (part + 1) * size),
  );
}

/**
 * Runs what a seed stands for.
 * @param folder  the tests that it belongs to
 * @throws Error whose message is the command that replays it, with what went wrong behind it
 */
export async function replayable(folder: string, seed: number, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`Replay it with: DAYBOOK_SEED=${seed} npm test -- ${folder}\n${what}`, { cause: error });
  }
}
