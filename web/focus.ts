import type { RefObject } from 'react';
import { useEffect, useRef } from 'react';

/** What had the focus before the first of the panels that took each other's place. */
let opener: HTMLElement | undefined;

/** A panel: a dialog that is open as long as it is drawn. Once none is, what opened it has the focus again. */
export function usePanel(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (opener === undefined && document.activeElement instanceof HTMLElement) opener = document.activeElement;
    dialog.current?.showModal();
    // The next panel, if one takes its place, is open by then.
    return () => queueMicrotask(giveBack);
  }, []);
  return dialog;
}

function giveBack(): void {
  if (document.querySelector('dialog[open]') !== null) return;
  if (opener?.isConnected === true && opener !== document.body) opener.focus();
  else focusHeading();
  opener = undefined;
}

/** Puts the focus on the page's heading: where it goes when what had it is there no more. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}
