import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DaybookError } from '../base/errors.ts';
import type { Definition } from '../definition/daybook.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Plan, ReportPlan } from '../plan/plan.ts';
import { usageError } from './failure.ts';
import { placeInSource } from './place-in-source.ts';

/**
 * Loads the definition that a `daybook.config.ts` exports as `daybook`, and checks it.
 * @param path  relative to the working folder
 * @throws DaybookError `CONFIG_MISSING`, `CONFIG_UNREADABLE` (a folder, not TypeScript that can be run, or another error in it),
 *   `CONFIG_WRONG` (exports no definition), `DEFINITION_WRONG` (details: mistakes, path)
 */
export async function loadPlan(path: string): Promise<Plan> {
  const definition = await loadDefinition(path);
  try {
    return makePlan(definition);
  } catch (error) {
    if (!(error instanceof DaybookError)) throw error;
    throw new DaybookError(error.code, error.message, { details: { ...error.details, path }, cause: error });
  }
}

/**
 * The report that a command names.
 * @param path  of the definition
 * @throws DaybookError `USAGE`
 */
export function definedReport({ reports }: Plan, name: string, path: string): ReportPlan {
  const report = reports.find((each) => each.name === name);
  if (report !== undefined) return report;
  throw usageError(`There is no report '${name}'. ${path} defines: ${reports.map((each) => each.name).join(', ')}.`);
}

async function loadDefinition(path: string): Promise<Definition> {
  const full = resolve(path);
  if (!existsSync(full)) {
    throw new DaybookError(
      'CONFIG_MISSING',
      `There is no definition at ${path}. Run the command in the folder of your daybook.config.ts, or name the file with --config.`,
      { details: { path } },
    );
  }
  if (statSync(full).isDirectory()) throw unreadable(path, 'it is a folder; name the file in it.');
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(pathToFileURL(full).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw unreadable(path, reasonOf(cause), cause);
  }
  const definition = exported['daybook'];
  if (isDefinition(definition)) return definition;
  throw new DaybookError(
    'CONFIG_WRONG',
    `${path} exports no definition. It must have: export const daybook = defineDaybook({ stream, reports, dashboard }).`,
    { details: { path } },
  );
}

function unreadable(path: string, reason: string, cause?: unknown): DaybookError {
  const message = `The definition ${path} cannot be loaded: ${reason}`;
  return new DaybookError('CONFIG_UNREADABLE', message, { details: { path }, cause });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = placeInSource(error, process.cwd());
  const isUnknownName = error instanceof ReferenceError && error.message.endsWith(' is not defined');
  const advice = isUnknownName ? ". If it is one of Daybook's, add it to the import from 'daybook'" : '';
  return `${error.message}${place === undefined ? '' : `, at ${place}`}${advice}.`;
}

/** Whether it is one that is right, the plan looks at. */
function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null;
}
