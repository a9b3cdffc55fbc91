interface PageMoveProps {
  readonly label: string;
  /** There is no page that way. The button stays a place for the focus, which would be lost at the last page else. */
  readonly isOff: boolean;
  readonly onMove: () => void;
  /** It is drawn anew by its own move, and has the focus again. */
  readonly hasMoved?: boolean;
  readonly children: string;
}

/** The way to another page. */
export function PageMove({ label, isOff, onMove, hasMoved = false, children }: PageMoveProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-disabled={isOff}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={hasMoved}
      onClick={() => {
        if (!isOff) onMove();
      }}
    >
      {children}
    </button>
  );
}
