import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type {
  DefinitionAnswer,
  PipelineAnswer,
  PipelineDetailsAnswer,
  TopicsAnswer,
} from '../../src/server/protocol.ts';
import { pipelineDetailsQuery, pipelineQuery, topicsQuery } from '../api/queries.ts';
import { useFailure } from '../api/use-failure.ts';
import { countOf, printBytes, printCount, printDuration, printMoment, printNumbersIn } from '../format.ts';
import { TableScroller } from '../table-scroller.tsx';
import { SparkLine } from '../tiles/spark-line.tsx';
import { TileError } from '../tiles/tile-frame.tsx';
import { AmendmentList } from './amendment-list.tsx';
import './pipeline-page.css';
import { Shell } from './shell.tsx';

const LISTED_MAX = 100;

/** How records get into the reports: how fast, how fresh, and what each part is doing. */
export function PipelinePage({ definition }: { readonly definition: DefinitionAnswer }) {
  const ofStatus = useQuery(pipelineQuery);
  const ofDetails = useQuery(pipelineDetailsQuery);
  const [{ data: status, refetch }, { data: details }] = [ofStatus, ofDetails];
  const [statusFailure, detailsFailure] = [useFailure(ofStatus), useFailure(ofDetails)];
  const error = statusFailure ?? detailsFailure;
  const isRead = status !== undefined && details !== undefined;
  return (
    <Shell title="Pipeline">
      {error !== null && !isRead && <TileError error={error} onRetry={() => void refetch()} />}
      {isRead ? (
        <>
          <Figures status={status} details={details} frames={definition.frames} />
          <Parts details={details} />
          <div className="panels">
            <Kept details={details} status={status} />
            <Sources status={status} />
            <Consumers details={details} />
            <Batches details={details} />
            <LateDays details={details} />
          </div>
          <AmendmentList definition={definition} />
        </>
      ) : (
        error === null && <p role="status">Reading the pipeline…</p>
      )}
    </Shell>
  );
}

interface DetailsProps {
  readonly details: PipelineDetailsAnswer;
}

interface FiguresProps extends DetailsProps {
  readonly status: PipelineAnswer;
  readonly frames: DefinitionAnswer['frames'];
}

function Figures({ status, details, frames }: FiguresProps) {
  const { moments } = details;
  const now = moments.at(-1);
  const lastSecond = status.perSecond.at(-1) ?? 0;
  const known = moments.findLast(({ freshnessP50Ms }) => freshnessP50Ms !== undefined);
  return (
    <div className="numbers">
      <Figure title="Records a second" value={printCount(lastSecond)} trend={status.perSecond}>
        {printCount(status.accepted)} in all, {countOf(status.duplicates, 'duplicates')},{' '}
        {printCount(status.quarantined)} refused
      </Figure>
      <Figure
        title="Freshness"
        value={known?.freshnessP50Ms === undefined ? '–' : printDuration(known.freshnessP50Ms)}
        trend={moments.flatMap(({ freshnessP50Ms }) => freshnessP50Ms ?? [])}
      >
        {known?.freshnessP99Ms === undefined
          ? 'Nothing came in the last 5 minutes'
          : `Half within this, 99 of 100 within ${printDuration(known.freshnessP99Ms)}, from ${frames === 'moments' ? 'the start of Spark’s batch' : 'its arrival'}`}
      </Figure>
      <Figure
        title="Lag in records"
        value={printCount(now?.lagRecords ?? 0)}
        trend={moments.map(({ lagRecords }) => lagRecords)}
      >
        Came in and are in no report yet; the most in 5 seconds
      </Figure>
      <Figure title="Lag in time" value={printDuration(now?.lagMs ?? 0)} trend={moments.map(({ lagMs }) => lagMs)}>
        The longest that one of them has waited, in 5 seconds
      </Figure>
    </div>
  );
}

interface FigureProps {
  readonly title: string;
  readonly value: string;
  readonly trend: readonly number[];
  readonly children: ReactNode;
}

function Figure({ title, value, trend, children }: FigureProps) {
  return (
    <section className="tile pipeline-figure" aria-label={title}>
      <h2>{title}</h2>
      <p className="figure">{value}</p>
      <p className="figure-facts">{children}</p>
      <SparkLine values={trend} />
    </section>
  );
}

function Parts({ details: { parts } }: DetailsProps) {
  return (
    <section className="tile" aria-label="Parts">
      <h2>What each part is doing</h2>
      <ol className="parts">
        {parts.map(({ name, state, doing }) => (
          <li key={name} className={state}>
            <span className="part-dot" aria-hidden="true" />
            <strong>{name}</strong>
            <span className="part-state">{state}</span>
            <span>{printNumbersIn(doing)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface ListTileProps {
  readonly title: string;
  readonly columns: readonly string[];
  /** Cells of each row; the first of them tells rows apart. */
  readonly rows: readonly (readonly string[])[];
  readonly empty: string;
}

/** A list of what is kept; all columns but the first are numbers. */
function ListTile({ title, columns, rows, empty }: ListTileProps) {
  return (
    <section className="tile list-tile" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="notice">{empty}</p>
      ) : (
        <TableScroller className="list-scroller" label={`${title}, rows`}>
          <table className="plain">
            <thead>
              <tr>
                {columns.map((name, index) => (
                  <th key={name} scope="col" className={index === 0 ? undefined : 'number'}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, LISTED_MAX).map((cells) => (
                <tr key={cells[0]}>
                  {cells.map((cell, index) => (
                    <td key={columns[index]} className={index === 0 ? undefined : 'number'}>
                      {index === 0 ? <ListedName name={cell} /> : cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroller>
      )}
      {rows.length > LISTED_MAX && (
        <p className="tile-note">
          The first {LISTED_MAX} of {printCount(rows.length)}
        </p>
      )}
    </section>
  );
}

/** What a row is called. The zeros before a segment's number make room on a phone, where a sign stands for them. */
function ListedName({ name }: { readonly name: string }) {
  const [, zeros = '', rest = name] = /^(0{4,})(\d.*)$/.exec(name) ?? [];
  return (
    <>
      {zeros !== '' && <span className="leading-zeros">{zeros}</span>}
      {rest}
    </>
  );
}

/** What is kept where: the log in its segments with what stands beside them, or the topics of the stack. */
function Kept({ details, status }: DetailsProps & { readonly status: PipelineAnswer }) {
  const { data } = useQuery(topicsQuery);
  if (data === undefined) return null;
  if (data.topics.length > 1) return <Topics topics={data.topics} />;
  return (
    <>
      <Segments topics={data.topics} />
      <Checkpoints details={details} status={status} />
      <DayFiles details={details} />
    </>
  );
}

interface TopicsProps {
  readonly topics: TopicsAnswer['topics'];
}

function Topics({ topics }: TopicsProps) {
  const rows = topics.map(({ name, partitions, records, bytes }) => [
    name,
    printCount(partitions.length),
    printCount(records),
    bytes === undefined ? '–' : printBytes(bytes),
  ]);
  return <ListTile title="Topics" columns={['Topic', 'Partitions', 'Records', 'Size']} rows={rows} empty="" />;
}

function Segments({ topics }: TopicsProps) {
  const rows = topics.flatMap(({ partitions }) =>
    partitions.flatMap(({ segments }) =>
      segments
        .map(({ name, firstOffset, nextOffset, bytes }) => [
          name,
          printCount(firstOffset),
          printCount(nextOffset - firstOffset),
          printBytes(bytes),
        ])
        .toReversed(),
    ),
  );
  return (
    <ListTile
      title="Segments of the log"
      columns={['Segment', 'First offset', 'Records', 'Size']}
      rows={rows}
      empty="No segment yet: the first record makes one."
    />
  );
}

function Checkpoints({ details, status }: DetailsProps & { readonly status: PipelineAnswer }) {
  const rows = details.checkpoints.map(({ offset, atMs, bytes }) => [
    `Offset ${printCount(offset)}`,
    atMs === undefined ? '–' : printMoment(atMs),
    bytes === undefined ? '–' : printBytes(bytes),
    printCount(status.offset - offset),
  ]);
  return (
    <ListTile
      title="Checkpoints"
      columns={['Checkpoint', 'Written', 'Size', 'Records behind it']}
      rows={rows}
      empty="No checkpoint yet: a start would read the whole log."
    />
  );
}

function DayFiles({ details }: DetailsProps) {
  const rows = details.dayFiles.map(({ name, bytes }) => [name, bytes === undefined ? '–' : printBytes(bytes)]);
  return (
    <ListTile
      title="Parquet files of spilled days"
      columns={['File', 'Size']}
      rows={rows.toReversed()}
      empty="None: all primary keys are in memory."
    />
  );
}

/** What is read all the time, and how far. */
function Sources({ status: { sources } }: { readonly status: PipelineAnswer }) {
  if (sources.length === 0) return null;
  const rows = sources.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, nextOffset, endOffset }) => [
      `${name} · ${partition}`,
      printCount(nextOffset),
      printCount(endOffset),
      printCount(Math.max(0, endOffset - nextOffset)),
    ]),
  );
  return (
    <ListTile
      title="Sources"
      columns={['Source', 'Taken in', 'Next', 'Lag']}
      rows={rows}
      empty="Nobody has said yet how much there is."
    />
  );
}

function Consumers({ details: { consumers } }: DetailsProps) {
  if (consumers.length === 0) return null;
  const lagOf = ({ committed, next }: (typeof consumers)[number]): number => Math.max(0, next - committed);
  const inOrder = consumers.toSorted(
    (a, b) =>
      lagOf(b) - lagOf(a) ||
      a.group.localeCompare(b.group) ||
      a.topic.localeCompare(b.topic) ||
      a.partition - b.partition,
  );
  const rows = inOrder.map((place) => [
    `${place.group} · ${place.topic} ${place.partition}`,
    printCount(place.committed),
    printCount(place.next),
    printCount(lagOf(place)),
  ]);
  return <ListTile title="Consumer groups" columns={['Group', 'Committed', 'Next', 'Lag']} rows={rows} empty="" />;
}

function Batches({ details: { batches } }: DetailsProps) {
  if (batches.length === 0) return null;
  const rows = batches
    .map(({ id, durationMs, inputRows, outputRows, lateRows }) => [
      `Batch ${printCount(id)}`,
      printDuration(durationMs),
      printCount(inputRows),
      printCount(outputRows),
      printCount(lateRows),
    ])
    .toReversed();
  return (
    <ListTile
      title="Batches of the query"
      columns={['Batch', 'Took', 'Records', 'Rows written', 'Came late']}
      rows={rows}
      empty=""
    />
  );
}

function LateDays({ details: { lateDays } }: DetailsProps) {
  if (lateDays.length === 0) return null;
  const rows = lateDays
    .map(({ day, records, late, waiting }) => [day, printCount(records), printCount(late), printCount(waiting)])
    .toReversed();
  return (
    <ListTile
      title="Days with late records"
      columns={['Day', 'Records', 'Came late', 'Not yet in its rows']}
      rows={rows}
      empty=""
    />
  );
}
