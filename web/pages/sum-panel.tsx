import type { ColumnInfo, DefinitionAnswer, JsonRow } from '../../src/server/protocol.ts';
import { useView } from '../api/use-view.ts';
import type { ExplainedSum } from '../explain.ts';
import { closeExplainedSum, explainRow } from '../explain.ts';
import { exactSum } from '../exact-sum.ts';
import { countOf, printCount, printRange } from '../format.ts';
import { joinValues, printCell, printKeyText } from '../key-text.ts';
import { TableScroller } from '../table-scroller.tsx';
import { columnLabel, measurePrinter, placeNames } from '../tiles/labels.ts';
import { printPlace } from '../tiles/places.ts';
import { SidePanel } from './side-panel.tsx';

/** So many rows are listed and summed here; of more, the first. */
const LISTED_MAX = 500;

interface SumPanelProps {
  readonly definition: DefinitionAnswer;
  readonly sum: ExplainedSum;
}

/** The rows that a number is the sum of, each with the way to its records; live, as of the page's frame. */
export function SumPanel({ definition, sum }: SumPanelProps) {
  const { report: name, measure, ...selection } = sum;
  const question = { report: name, ...selection };
  const sort = `-${definition.stream.businessDate},-${measure}`;
  const { answer: rows } = useView({ kind: 'rows', ...question, sort, limit: LISTED_MAX }, sum);
  const { answer: total } = useView({ kind: 'totals', ...question, by: [], measure }, sum);
  const report = definition.reports.find((each) => each.name === name);
  const column = report?.columns.find((each) => each.name === measure);
  if (report === undefined || column === undefined) return null;
  return (
    <SidePanel
      label={`Explain the sum: ${report.title}`}
      over={`Explain · ${report.title}`}
      title={selectionText(definition, sum)}
      onClose={closeExplainedSum}
    >
      {rows === undefined || total === undefined ? (
        <p role="status">Reading the rows that this is the sum of…</p>
      ) : (
        <Content
          definition={definition}
          report={name}
          columns={report.columns.filter(({ role }) => role === 'dimension')}
          column={column}
          rows={rows.rows}
          rowCount={rows.total}
          sum={Number(total.rows[0]?.[measure] ?? 0)}
        />
      )}
    </SidePanel>
  );
}

function selectionText({ dashboard }: DefinitionAnswer, { from, to, equals }: ExplainedSum): string {
  const { latitude, longitude } = placeNames(dashboard);
  const [[north], [east]] = [equals[latitude] ?? [], equals[longitude] ?? []];
  const isPlace = north !== undefined && east !== undefined;
  const values = Object.entries(equals)
    .filter(([name]) => !isPlace || (name !== latitude && name !== longitude))
    .flatMap(([, each]) => each.map(printKeyText));
  const place = isPlace ? [printPlace({ latitude: Number(north), longitude: Number(east) })] : [];
  return joinValues([...values, ...place, printRange(from, to)]);
}

interface ContentProps {
  readonly definition: DefinitionAnswer;
  readonly report: string;
  /** The report's dimensions. */
  readonly columns: readonly ColumnInfo[];
  /** The measure that is summed. */
  readonly column: ColumnInfo;
  readonly rows: readonly JsonRow[];
  readonly rowCount: number;
  /** Of all rows. */
  readonly sum: number;
}

function Content({ definition, report, columns, column, rows, rowCount, sum }: ContentProps) {
  if (rowCount === 0) return <p className="notice">There is no such row, and so no record of it.</p>;
  const label = columnLabel(definition, report, column);
  const print = measurePrinter(definition, report, column.name);
  const varying = columns.filter(({ name }) => rows.some((row) => row[name] !== rows[0]?.[name]));
  const listed = exactSum(rows.map((row) => Number(row[column.name] ?? 0)));
  const isSame = listed === sum;
  return (
    <>
      <dl className="explain-figures">
        <div>
          <dt>{label}</dt>
          <dd>{print(sum)}</dd>
        </div>
        <div>
          <dt>Rows</dt>
          <dd>{printCount(rowCount)}</dd>
        </div>
      </dl>
      <SumRows
        definition={definition}
        report={report}
        columns={varying.length === 0 ? columns : varying}
        column={column}
        rows={rows}
      />
      <footer className="explain-sums">
        <p className={rows.length < rowCount || isSame ? 'agrees' : 'disagrees'}>
          {rows.length < rowCount
            ? `The newest ${printCount(rows.length)} of ${countOf(rowCount, 'rows')} give `
            : `${isSame ? '✓ ' : '✗ '}${countOf(rowCount, 'rows')} ${rowCount === 1 ? 'gives' : 'give'} `}
          {label.toLowerCase()}{' '}
          <strong>
            <data value={String(listed)}>{print(listed)}</data>
          </strong>
          {rows.length < rowCount && `; all of them ${print(sum)}`}.
        </p>
        {column.of?.startsWith('countDistinct') === true && (
          <p className="over">Each row counts for itself: who is in two of them counts in both.</p>
        )}
        <p className="over">A row opens the records that it is made of.</p>
      </footer>
    </>
  );
}

/** The columns are those in which the rows differ: what they share stands above. */
type SumRowsProps = Omit<ContentProps, 'rowCount' | 'sum'>;

function SumRows({ definition, report, columns, column, rows }: SumRowsProps) {
  const print = measurePrinter(definition, report, column.name);
  return (
    <TableScroller className="explain-records" label="Rows of the sum">
      <table>
        <thead>
          <tr>
            {columns.map((each) => (
              <th key={each.name} scope="col">
                {columnLabel(definition, report, each)}
              </th>
            ))}
            <th scope="col" className="number">
              {columnLabel(definition, report, column)}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = columns.map(({ name }) => printCell(row[name] ?? null));
            const value = print(row[column.name]);
            return (
              <tr
                key={JSON.stringify(columns.map(({ name }) => row[name]))}
                className="opens"
                onClick={() => explainRow(definition, report, row)}
              >
                {key.map((text, index) => (
                  <td key={columns[index]?.name}>{text}</td>
                ))}
                <td className="number">
                  <button
                    type="button"
                    className="cell-button"
                    aria-label={`Explain ${key.join(', ')}: ${value}`}
                    onClick={(event) => {
                      event.stopPropagation();
                      explainRow(definition, report, row);
                    }}
                  >
                    {value}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableScroller>
  );
}
