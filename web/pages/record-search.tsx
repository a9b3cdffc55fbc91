import { useId, useState } from 'react';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import type { Choices } from '../choices.ts';
import { choose } from '../choices.ts';

const TESTS = { is: 'is', contains: 'contains', above: 'is above', below: 'is below' } as const;

/** Which records are wanted; all texts may be empty. */
export interface RecordSearch {
  readonly offset: number | undefined;
  readonly time: string;
  readonly field: string;
  readonly test: keyof typeof TESTS;
  readonly value: string;
}

/** The search that the address holds. */
export function searchOf(choices: Choices): RecordSearch {
  const offset = choices.get('offset');
  const test = choices.get('test');
  return {
    offset: offset !== null && /^\d+$/.test(offset) ? Number(offset) : undefined,
    time: choices.get('time') ?? '',
    field: choices.get('field') ?? '',
    test: test !== null && test in TESTS ? (test as keyof typeof TESTS) : 'contains',
    value: choices.get('value') ?? '',
  };
}

interface RecordSearchFormProps {
  readonly definition: DefinitionAnswer;
  readonly search: RecordSearch;
  readonly isFollowing: boolean;
}

/** Says where to begin, what a field must be like, or that records are shown as they come. */
export function RecordSearchForm({ definition, search, isFollowing }: RecordSearchFormProps) {
  const [draft, setDraft] = useState(search);
  const id = useId();
  const change = (changes: Partial<RecordSearch>): void => setDraft({ ...draft, ...changes });
  return (
    <form
      className="record-search"
      onSubmit={(event) => {
        event.preventDefault();
        const { offset, time, field, test, value } = draft;
        const filter = field === '' ? { field: '', test: '', value: '' } : { field, test, value };
        const from = time === '' && offset !== undefined ? String(offset) : undefined;
        choose({ offset: from, time, ...filter, follow: undefined }, 'push');
      }}
    >
      <label htmlFor={`${id}-offset`}>From offset</label>
      <input
        id={`${id}-offset`}
        type="number"
        min={0}
        placeholder="newest"
        value={draft.offset ?? ''}
        onChange={(event) => {
          const text = event.currentTarget.value;
          change({ offset: text === '' ? undefined : Number(text), time: '' });
        }}
      />
      <label htmlFor={`${id}-time`}>or time</label>
      <input
        id={`${id}-time`}
        type="text"
        placeholder="YYYY-MM-DD HH:MM:SS"
        value={draft.time}
        onChange={(event) => change({ time: event.currentTarget.value, offset: undefined })}
      />
      <FieldTest definition={definition} draft={draft} onChange={change} />
      <button type="submit" className="primary">
        {draft.field === '' ? 'Show' : 'Search'}
      </button>
      <button
        type="button"
        aria-pressed={isFollowing}
        onClick={() => choose({ follow: isFollowing ? undefined : 'true' }, 'push')}
      >
        Follow
      </button>
    </form>
  );
}

interface FieldTestProps {
  readonly definition: DefinitionAnswer;
  readonly draft: RecordSearch;
  readonly onChange: (changes: Partial<RecordSearch>) => void;
}

/** What a field must be like. */
function FieldTest({ definition, draft, onChange }: FieldTestProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={`${id}-field`}>where</label>
      <select
        id={`${id}-field`}
        value={draft.field}
        onChange={(event) => onChange({ field: event.currentTarget.value })}
      >
        <option value="">any record</option>
        {definition.stream.fields.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {draft.field !== '' && (
        <>
          <select
            aria-label="Test"
            value={draft.test}
            onChange={(event) => onChange({ test: event.currentTarget.value as RecordSearch['test'] })}
          >
            {Object.entries(TESTS).map(([test, label]) => (
              <option key={test} value={test}>
                {label}
              </option>
            ))}
          </select>
          <input
            type="text"
            aria-label="Value"
            placeholder="value"
            value={draft.value}
            onChange={(event) => onChange({ value: event.currentTarget.value })}
          />
        </>
      )}
    </>
  );
}
