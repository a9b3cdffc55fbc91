import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { PageState, ViewAnswer, ViewQuestion, ViewStore } from './view-store.ts';

export const ViewContext = createContext<ViewStore | undefined>(undefined);

/** The page's store of answers. @throws Error outside of a page */
export function useViewStore(): ViewStore {
  const store = useContext(ViewContext);
  if (store === undefined) throw new Error('A part of a page was drawn outside of ViewContext.');
  return store;
}

/** What holds for the whole page: whether it is live, and as of which frame. */
export function usePageState(): PageState {
  const store = useViewStore();
  return useSyncExternalStore(store.onChange, store.state);
}

/** A view's newest answer. */
export interface ShownView<About = unknown> {
  /** Undefined until there is any. */
  readonly answer: ViewAnswer | undefined;
  /** What its own question was about: the answer says nothing of another range or source. */
  readonly about: About;
  /** It is of another question, or of an older frame than the page, and about to be replaced. */
  readonly isStale: boolean;
}

/**
 * Asks a question as long as the part is shown; until its answer is there, that of the question before stands, with what
 * that one was about, unless it was empty.
 */
export function useView<About>(question: ViewQuestion, about: About): ShownView<About> {
  const store = useViewStore();
  const id = JSON.stringify(question);
  useEffect(() => store.ask(id, JSON.parse(id) as ViewQuestion), [store, id]);
  const answer = useSyncExternalStore(store.onChange, () => store.answer(id));
  const isCurrent = useSyncExternalStore(store.onChange, () => store.isCurrent(id));
  const [last, setLast] = useState({ answer, about });
  if (answer !== undefined && answer !== last.answer) setLast({ answer, about });
  if (answer !== undefined) return { answer, about, isStale: !isCurrent };
  if (last.answer === undefined || last.answer.rows.length === 0) return { answer, about, isStale: false };
  return { ...last, isStale: true };
}
