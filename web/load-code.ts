/** How long a server may take to answer at all. */
const ANSWER_MS_MAX = 5_000;
/** Before the name of the page's own code: it has loaded the page again by itself. */
const RELOADED = 'daybook.reloaded:';

/** A part of the pages' code could not be had: Daybook does not answer, or another load of the page did not help. */
export class CodeNotLoadedError extends Error {
  override readonly name = 'CodeNotLoadedError';

  constructor(cause: unknown) {
    super('its code could not be loaded; load the page again once Daybook answers', { cause });
  }
}

/**
 * Loads a part of the pages' code. Where Daybook answers but the code cannot be had, the page is loaded again, once: the
 * pages may have been built anew, and the code has another name.
 * @throws CodeNotLoadedError; React remembers it, and so do some browsers: only another load of the page helps
 */
export async function loadCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(await isAnswering()) || !mayReload()) throw new CodeNotLoadedError(error);
    location.reload();
    return new Promise(() => undefined);
  }
}

/** Whether a load of the page would bring anything. */
export async function isAnswering(): Promise<boolean> {
  try {
    const response = await fetch('/', { cache: 'no-cache', signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/** Once for the page's code as it is: two Daybooks of different builds behind one address would have it loaded for ever. */
function mayReload(): boolean {
  const script = document.querySelector('script[type=module][src]')?.getAttribute('src') ?? '';
  try {
    if (sessionStorage.getItem(RELOADED + script) !== null) return false;
    sessionStorage.setItem(RELOADED + script, 'yes');
    return true;
  } catch {
    // A browser that may keep nothing would not know of the load before.
    return false;
  }
}
