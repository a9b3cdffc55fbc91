import { explainSum } from '../explain.ts';
import type { ExplainedSum } from '../explain.ts';
import './explain-button.css';

interface ExplainButtonProps {
  /** What is explained, for those who do not see where the button stands. */
  readonly what: string;
  readonly sum: ExplainedSum;
}

/** Opens the rows that a tile's number is the sum of. */
export function ExplainButton({ what, sum }: ExplainButtonProps) {
  return (
    <button
      type="button"
      className="quiet explain-button"
      aria-label={`Explain ${what}`}
      onClick={() => explainSum(sum)}
    >
      Explain
    </button>
  );
}
