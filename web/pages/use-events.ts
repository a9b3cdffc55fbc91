import { useEffect, useEffectEvent } from 'react';

/** Listens to the server's events of an address as long as it is given; `end` and `problem` end it. */
export function useEvents(
  address: string | undefined,
  name: string,
  onEvent: (data: unknown) => void,
  onEnd: (problem: string | undefined) => void,
): void {
  const take = useEffectEvent(onEvent);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    if (address === undefined) return undefined;
    const source = new EventSource(address);
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
