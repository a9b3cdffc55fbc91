import type { ReactNode } from 'react';
import { useRef } from 'react';
import { usePanel } from '../focus.ts';
import './side-panel.css';

interface SidePanelProps {
  /** What it is called by who cannot see it. */
  readonly label: string;
  /** Stands above the title. */
  readonly over: string;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A panel in front of the page, open as long as it is drawn; a click beside it closes it, as Escape does. */
export function SidePanel({ label, over, title, onClose, children }: SidePanelProps) {
  const dialog = usePanel();
  // What is marked beyond the panel's edge ends beside it, and is no click there.
  const isPressedBeside = useRef(false);
  return (
    // Escape is the keyboard's way, which a dialog has by itself.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className="explain"
      aria-label={label}
      onClose={onClose}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        if (isPressedBeside.current && event.target === event.currentTarget) dialog.current?.close();
      }}
    >
      <div className="explain-content">
        <header className="explain-header">
          <div>
            <p className="over">{over}</p>
            <h2>{title}</h2>
          </div>
          <button type="button" className="quiet icon" aria-label="Close" onClick={() => dialog.current?.close()}>
            ×
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
