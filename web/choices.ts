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

/** Changes some choices; undefined takes one back. */
export function choose(changes: Readonly<Record<string, string | undefined>>): void {
  const choices = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') choices.delete(name);
    else choices.set(name, value);
  }
  const query = choices.toString();
  window.history.replaceState(null, '', `${window.location.pathname}${query === '' ? '' : `?${query}`}`);
  for (const listener of listeners) listener();
}
