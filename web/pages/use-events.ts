import { useEffect, useEffectEvent } from 'react';
import { problemAt } from '../api/http.ts';
import { usePageState } from '../api/use-view.ts';

/** What is done with the server's events. */
interface EventsReader {
  /** The stream begins, also when the browser has connected again by itself: what it sent before comes once more. */
  readonly onBegin?: () => void;
  /** There is no stream until it begins: it is asked for, at first or anew, or it broke off and the browser connects again by itself. */
  readonly onBreak?: () => void;
  readonly onEvent: (data: unknown) => void;
  readonly onEnd: (problem: string | undefined) => void;
}

/**
 * Listens to the server's events of an address as long as it is given; `end` and `problem` end it. A page that was left
 * holds no connection (see `watchAttention`): it listens anew on the way back, as it does when the server fell silent. A hidden tab listens on, as it would miss what comes.
 */
export function useEvents(address: string | undefined, name: string, reader: EventsReader): void {
  const begin = useEffectEvent(() => reader.onBegin?.());
  const breakOff = useEffectEvent(() => reader.onBreak?.());
  const take = useEffectEvent(reader.onEvent);
  const end = useEffectEvent(reader.onEnd);
  const { silences } = usePageState();
  useEffect(() => {
    if (address === undefined) return undefined;
    const ended = new AbortController();
    const { signal } = ended;
    let source: EventSource | undefined;
    const close = (): void => source?.close();
    const finish = (problem: string | undefined): void => {
      if (signal.aborted) return;
      ended.abort();
      end(problem);
    };
    const listen = (): void => {
      const opened = new EventSource(address);
      source = opened;
      breakOff();
      opened.addEventListener('open', begin);
      opened.addEventListener(name, (event: MessageEvent) => take(JSON.parse(String(event.data))));
      opened.addEventListener('end', () => finish(undefined));
      opened.addEventListener('problem', (event: MessageEvent) => {
        finish((JSON.parse(String(event.data)) as { readonly detail: string }).detail);
      });
      opened.addEventListener('error', () => {
        if (opened.readyState !== EventSource.CLOSED) {
          breakOff();
          return;
        }
        void problemAt(address).then((problem) => finish(problem?.detail ?? 'Daybook did not answer.'));
      });
    };
    signal.addEventListener('abort', close);
    addEventListener('pagehide', close, { signal });
    addEventListener(
      'pageshow',
      ({ persisted }) => {
        if (persisted) listen();
      },
      { signal },
    );
    listen();
    return () => ended.abort();
    // Where the server fell silent, this connection hears nothing more, either.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [address, name, silences]);
}
