import { useEffect, useEffectEvent } from 'react';

/** What is done with the server's events. */
interface EventsReader {
  /** The stream begins, also when the browser has connected again by itself: what it sent before comes once more. */
  readonly onBegin?: () => void;
  readonly onEvent: (data: unknown) => void;
  readonly onEnd: (problem: string | undefined) => void;
}

/** Listens to the server's events of an address as long as it is given; `end` and `problem` end it. */
export function useEvents(address: string | undefined, name: string, reader: EventsReader): void {
  const begin = useEffectEvent(() => reader.onBegin?.());
  const take = useEffectEvent(reader.onEvent);
  const end = useEffectEvent(reader.onEnd);
  useEffect(() => {
    if (address === undefined) return undefined;
    const source = new EventSource(address);
    source.addEventListener('open', begin);
    source.addEventListener(name, (event: MessageEvent) => take(JSON.parse(String(event.data))));
    source.addEventListener('end', () => {
      source.close();
      end(undefined);
    });
    source.addEventListener('problem', (event: MessageEvent) => {
      source.close();
      end((JSON.parse(String(event.data)) as { readonly detail: string }).detail);
    });
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      void problemAt(address).then(end);
    });
    return () => source.close();
  }, [address, name]);
}

/** What the server says that is wrong with an address: the browser does not tell of an answer that is no stream. */
async function problemAt(address: string): Promise<string> {
  try {
    const response = await fetch(address);
    const { detail } = (await response.json()) as { readonly detail?: string };
    return detail ?? `The server answered ${response.status}.`;
  } catch {
    return 'Daybook does not answer.';
  }
}
