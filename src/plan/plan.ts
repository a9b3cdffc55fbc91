import type { Dashboard } from '../definition/dashboard.ts';
import type { FieldKind } from '../definition/fields.ts';
import type { Schedule } from '../definition/schedules.ts';

/** A definition, checked and frozen: what everything is compiled from. Fields, reports and columns keep their order. */
export interface Plan {
  readonly stream: StreamPlan;
  readonly reports: readonly ReportPlan[];
  readonly dashboard: Dashboard;
  readonly schedules: readonly Schedule[];
  /** Changes when the stream's fields or any report changes; state kept under another fingerprint is recomputed. */
  readonly fingerprint: string;
}

export interface StreamPlan {
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly businessDayEndsAtHour: number;
  readonly latenessDays: number;
  readonly fields: readonly FieldPlan[];
  readonly primaryKey: FieldPlan;
  readonly eventTime: FieldPlan;
  readonly businessDate: FieldPlan;
}

export interface FieldPlan {
  readonly name: string;
  /** Position among the stream's fields. */
  readonly index: number;
  readonly kind: FieldKind;
  readonly nullable: boolean;
  /** Only the business date: a record may leave it out. */
  readonly optional: boolean;
  readonly quoted: boolean;
  /** Bounds as the scanner compares them: micro-units for a decimal, the value itself otherwise. */
  readonly min: number;
  readonly max: number;
  readonly maxLength: number;
}

export interface ReportPlan {
  readonly name: string;
  readonly title: string;
  /** Position among the plan's reports. */
  readonly index: number;
  /** The business date first. */
  readonly dimensions: readonly FieldPlan[];
  readonly measures: readonly MeasurePlan[];
  readonly where: readonly ConditionPlan[];
  /** A row's columns: the dimensions, then the measures. */
  readonly columns: readonly ColumnPlan[];
}

export type MeasurePlan =
  | { readonly kind: 'count'; readonly name: string }
  | {
      readonly kind: 'sum' | 'avg' | 'min' | 'max' | 'countDistinct';
      readonly name: string;
      readonly field: FieldPlan;
    }
  | { readonly kind: 'ratio'; readonly name: string; readonly numerator: string; readonly denominator: string };

/** What a column's cells are. `decimal` cells are micro-units as a bigint inside, exact decimal text in JSON. */
export type ColumnKind = 'date' | 'text' | 'integer' | 'decimal' | 'number';

export interface ColumnPlan {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly role: 'dimension' | 'measure';
  readonly nullable: boolean;
}

/** `field` is among (`in`) or not among (`notIn`) the values, or compares with the one value. */
export interface ConditionPlan {
  readonly field: FieldPlan;
  readonly test: 'in' | 'notIn' | 'above' | 'atLeast' | 'below' | 'atMost';
  /** As the definition gives them: texts, numbers, null. */
  readonly values: readonly (string | number | null)[];
}
