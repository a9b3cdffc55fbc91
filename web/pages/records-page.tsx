import { useQuery } from '@tanstack/react-query';
import type { DefinitionAnswer } from '../../src/server/protocol.ts';
import { pipelineQuery, topicsQuery } from '../api/queries.ts';
import { useFailure } from '../api/use-failure.ts';
import { choose, useChoices } from '../choices.ts';
import { printBytes, printCount } from '../format.ts';
import { DuplicateList } from './duplicate-list.tsx';
import { ExplainPanel } from './explain-panel.tsx';
import { LogRecords } from './log-records.tsx';
import { QuarantineList } from './quarantine-list.tsx';
import { RecordPanel } from './record-panel.tsx';
import './records-page.css';
import { FROM_THE_NEWEST } from './record-search.tsx';
import { Shell } from './shell.tsx';
import { TableScroller } from '../table-scroller.tsx';
import { TileError } from '../tiles/tile-frame.tsx';

const TABS = ['records', 'quarantine', 'duplicates'] as const;
type Tab = (typeof TABS)[number];

/** What a topic console is for: the log's records, what was refused, and what was left out. */
export function RecordsPage({ definition }: { readonly definition: DefinitionAnswer }) {
  const chosen = useChoices().get('tab');
  const tab = TABS.find((each) => each === chosen) ?? 'records';
  const topic = useChoices().get('topic') ?? definition.stream.name;
  return (
    <Shell title="Records">
      <TabList tab={tab} />
      {tab === 'records' && (
        <>
          <Topics topic={topic} />
          <LogRecords key={topic} topic={topic} definition={definition} />
        </>
      )}
      {tab === 'quarantine' && <QuarantineList />}
      {tab === 'duplicates' && <DuplicateList definition={definition} />}
      <RecordPanel topic={topic} definition={definition} />
      <ExplainPanel definition={definition} />
    </Shell>
  );
}

function TabList({ tab }: { readonly tab: Tab }) {
  const { data } = useQuery(pipelineQuery);
  const counts: Readonly<Record<Tab, number | undefined>> = {
    records: data?.accepted,
    quarantine: data?.quarantined,
    duplicates: data?.duplicates,
  };
  return (
    <nav className="tabs" aria-label="Kinds of records">
      {TABS.map((each) => (
        <button
          key={each}
          type="button"
          aria-current={tab === each ? 'page' : undefined}
          onClick={() => choose({ tab: each === 'records' ? undefined : each }, 'push')}
        >
          {each.charAt(0).toUpperCase() + each.slice(1)}
          {counts[each] !== undefined && <span className="count">{printCount(counts[each])}</span>}
        </button>
      ))}
    </nav>
  );
}

function Topics({ topic }: { readonly topic: string }) {
  const query = useQuery(topicsQuery);
  const failure = useFailure(query);
  const { data, refetch } = query;
  if (data === undefined && failure !== null) return <TileError error={failure} onRetry={() => void refetch()} />;
  return (
    <section className="tile topics" aria-label="Topics">
      <TableScroller className="topics-scroller" label="Topics, rows">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" className="number">
                Records
              </th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col" className="number">
                Partitions
              </th>
              <th scope="col" className="number">
                Next offset
              </th>
            </tr>
          </thead>
          <tbody>
            {data?.topics.map(({ name, records, bytes, partitions }) => (
              <tr key={name} aria-current={name === topic ? 'true' : undefined}>
                <td>
                  <button
                    type="button"
                    className="cell-button"
                    onClick={() => choose({ topic: name, ...FROM_THE_NEWEST, 'in-partition': undefined }, 'push')}
                  >
                    {name}
                  </button>
                </td>
                <td className="number">{printCount(records)}</td>
                <td className="number">{bytes === undefined ? '–' : printBytes(bytes)}</td>
                <td className="number">{partitions.length}</td>
                <td className="number">{partitions.map(({ nextOffset }) => printCount(nextOffset)).join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroller>
    </section>
  );
}
