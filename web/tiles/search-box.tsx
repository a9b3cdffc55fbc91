import { useEffect, useEffectEvent, useState } from 'react';

/** How long the reader has to pause before the search is made. */
const PAUSE_MS = 200;
/** All searches of a page go into one request's address. */
const LENGTH_MAX = 1_000;

interface SearchBoxProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A search that is made when the reader pauses. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const [draft, setDraft] = useState(value);
  const [known, setKnown] = useState(value);
  // The value was changed elsewhere: by the way back, say.
  if (value !== known) {
    setKnown(value);
    setDraft(value);
  }
  const search = useEffectEvent(() => onChange(draft));
  useEffect(() => {
    if (draft === value) return undefined;
    const timer = setTimeout(search, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, value]);
  return (
    <input
      type="search"
      className="search-box"
      aria-label={label}
      placeholder="Search"
      maxLength={LENGTH_MAX}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
    />
  );
}
