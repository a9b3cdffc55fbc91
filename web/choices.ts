import { useMemo, useSyncExternalStore } from 'react';

/** What the reader has chosen, by name, as the address' query holds it: a link shows the same page to someone else. */
export type Choices = URLSearchParams;

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

export function useChoices(): Choices {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => new URLSearchParams(search), [search]);
}

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** What is to be chosen once the browser has gone back. */
let waiting: (() => void)[] | undefined;

/** What the browser keeps beside an address: the choices that led to it. */
interface HistoryState {
  readonly chose: readonly string[];
}

/** Changes some choices; undefined takes one back. `push`: the way back leads to what was before, if anything changes. */
export function choose(
  changes: Readonly<Record<string, string | undefined>>,
  how: 'replace' | 'push' = 'replace',
): void {
  if (waiting !== undefined) {
    waiting.push(() => choose(changes, how));
    return;
  }
  const address = addressWith(changes);
  if (address === window.location.pathname + window.location.search) return;
  const state: HistoryState = { chose: Object.keys(changes) };
  if (how === 'push') window.history.pushState(state, '', address);
  else window.history.replaceState(window.history.state, '', address);
  for (const listener of listeners) listener();
}

/** Takes choices back: by the way back if they were the last ones, so that it does not lead to them once more. */
export function takeBack(names: readonly string[]): void {
  if (waiting !== undefined) {
    waiting.push(() => takeBack(names));
    return;
  }
  const state = window.history.state as HistoryState | null;
  choose(Object.fromEntries(names.map((name) => [name, undefined])));
  if (names.every((name) => state?.chose.includes(name) !== true)) return;
  // Browsers go back in their own time: what was chosen until then would be taken back as well.
  waiting = [];
  const goOn = (): void => {
    const chosen = waiting ?? [];
    waiting = undefined;
    for (const each of chosen) each();
  };
  window.addEventListener('popstate', goOn, { once: true });
  window.history.back();
}

/** The present page's address with other choices. */
export function addressWith(changes: Readonly<Record<string, string | undefined>>): string {
  const choices = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) choices.delete(name);
    else choices.set(name, value);
  }
  const query = choices.toString();
  return `${window.location.pathname}${query === '' ? '' : `?${query}`}`;
}

/** Goes to another page. */
export function goTo(address: string): void {
  if (waiting !== undefined) {
    waiting.push(() => goTo(address));
    return;
  }
  window.history.pushState(null, '', address);
  window.scrollTo(0, 0);
  for (const listener of listeners) listener();
}
