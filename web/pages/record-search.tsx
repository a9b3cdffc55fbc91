import { useId, useState } from 'react';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import type { Choices } from '../choices.ts';
import { choose } from '../choices.ts';

const TESTS = { is: 'is', contains: 'contains', above: 'is above', below: 'is below' } as const;

/** Which records are wanted; all texts may be empty. */
export interface RecordSearch {
  /** undefined: all of them when a field is looked at, else the first one, as offsets are a partition's own. */
  readonly partition: number | undefined;
  /** Of all partitions that are looked into, or these of them. */
  readonly offset: string | undefined;
  /**
   * Where neither an offset nor a time says where to begin, the newest come first: those below this offset, or these of the
   * partitions; undefined: of all.
   */
  readonly before: string | undefined;
  readonly time: string;
  readonly field: string;
  readonly test: keyof typeof TESTS;
  readonly value: string;
}

/** What the address says of where to begin is taken back. */
export const FROM_THE_NEWEST = { offset: undefined, before: undefined, time: undefined } as const;

/** The search that the address holds. */
export function searchOf(choices: Choices): RecordSearch {
  const wholeOf = (name: string): number | undefined => {
    const text = choices.get(name);
    return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const offsetsOf = (name: string): string | undefined => {
    const text = choices.get(name);
    return text !== null && /^\d+(,\d+)*$/.test(text) ? text : undefined;
  };
  const test = choices.get('test');
  return {
    partition: wholeOf('in-partition'),
    offset: offsetsOf('offset'),
    before: offsetsOf('before'),
    time: choices.get('time') ?? '',
    field: choices.get('field') ?? '',
    test: test !== null && Object.hasOwn(TESTS, test) ? (test as keyof typeof TESTS) : 'contains',
    value: choices.get('value') ?? '',
  };
}

/** An offset that is one for all partitions; undefined where each has its own, as nobody types them. */
function oneOf(offset: string | undefined): string | undefined {
  return offset?.includes(',') === true ? undefined : offset;
}

interface RecordSearchFormProps {
  readonly definition: DefinitionAnswer;
  /** How many the topic has. */
  readonly partitions: number;
  readonly search: RecordSearch;
  readonly isFollowing: boolean;
  /** It was submitted, be it as it was. */
  readonly onAsk: () => void;
}

/** Says where to begin, what a field must be like, or that records are shown as they come. */
export function RecordSearchForm({ definition, partitions, search, isFollowing, onAsk }: RecordSearchFormProps) {
  const [draft, setDraft] = useState(search);
  const asked = JSON.stringify(search);
  const [known, setKnown] = useState(asked);
  // It was changed elsewhere: by the way back, say.
  if (asked !== known) {
    setKnown(asked);
    setDraft(search);
  }
  const id = useId();
  const change = (changes: Partial<RecordSearch>): void => setDraft({ ...draft, ...changes });
  return (
    <form
      className="record-search"
      onSubmit={(event) => {
        event.preventDefault();
        const { partition, offset, time, field, test, value } = draft;
        const none = { field: undefined, test: undefined, value: undefined };
        const filter = field === '' ? none : { field, test, value };
        const from = time === '' ? { offset: oneOf(offset) } : { time };
        const within = partition === undefined ? undefined : String(partition);
        choose({ ...FROM_THE_NEWEST, ...from, 'in-partition': within, ...filter, follow: undefined }, 'push');
        onAsk();
      }}
    >
      {partitions > 1 && <PartitionChoice partitions={partitions} draft={draft} onChange={change} />}
      <span className="labelled">
        <label htmlFor={`${id}-offset`}>From offset</label>
        <input
          id={`${id}-offset`}
          type="number"
          min={0}
          placeholder="newest"
          value={oneOf(draft.offset) ?? ''}
          onChange={(event) => {
            const text = event.currentTarget.value;
            change({ offset: text === '' ? undefined : text, time: '' });
          }}
        />
      </span>
      <span className="labelled">
        <label htmlFor={`${id}-time`}>or time</label>
        <input
          id={`${id}-time`}
          type="text"
          placeholder="YYYY-MM-DD HH:MM:SS"
          value={draft.time}
          onChange={(event) => change({ time: event.currentTarget.value, offset: undefined })}
        />
      </span>
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

interface PartitionChoiceProps {
  readonly partitions: number;
  readonly draft: RecordSearch;
  readonly onChange: (changes: Partial<RecordSearch>) => void;
}

/** In which partition records are looked for. */
function PartitionChoice({ partitions, draft, onChange }: PartitionChoiceProps) {
  const id = useId();
  const isFiltered = draft.field !== '';
  return (
    <span className="labelled">
      <label htmlFor={id}>Partition</label>
      <select
        id={id}
        value={draft.partition ?? (isFiltered ? '' : 0)}
        onChange={(event) => {
          const text = event.currentTarget.value;
          onChange({ partition: text === '' ? undefined : Number(text) });
        }}
      >
        {isFiltered && <option value="">all</option>}
        {Array.from({ length: partitions }, (_, partition) => (
          <option key={partition} value={partition}>
            {partition}
          </option>
        ))}
      </select>
    </span>
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
      <span className="labelled">
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
      </span>
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
