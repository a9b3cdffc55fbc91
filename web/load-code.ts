/** How long a server may take to say where the pages' code is now. */
const ANSWER_MS_MAX = 5_000;

/** A part of the pages' code could not be had: Daybook does not answer, most of all. */
export class CodeNotLoadedError extends Error {
  override readonly name = 'CodeNotLoadedError';

  constructor(cause: unknown) {
    super('its code could not be loaded; load the page again once Daybook answers', { cause });
  }
}

/**
 * Loads a part of the pages' code. Where the pages were built anew it has another name, which the page as it is now knows:
 * that is loaded in this one's place.
 * @throws CodeNotLoadedError; browsers remember it, so that only another load of the page helps
 */
export async function loadCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(await isBuiltAnew())) throw new CodeNotLoadedError(error);
    location.reload();
    return new Promise(() => undefined);
  }
}

/** Whether a load of the page would bring anything. */
export async function isAnswering(): Promise<boolean> {
  return (await currentPage()) !== undefined;
}

async function isBuiltAnew(): Promise<boolean> {
  const script = document.querySelector('script[type=module][src]')?.getAttribute('src');
  const page = await currentPage();
  return typeof script === 'string' && page?.includes(script) === false;
}

async function currentPage(): Promise<string | undefined> {
  try {
    const response = await fetch('/', { cache: 'no-cache', signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
