/**
 * The plan of a query: steps as data. EXPLAIN prints it, the command log stores it, upgrades compare it; execution turns
 * it into a topology. Expressions are SQL text over the columns of the step below.
 *
 * A row under way has key columns and value columns. A source step puts into the value, after the columns of the value:
 * header columns, ROWTIME, ROWPARTITION, ROWOFFSET, copies of the key columns and, on windowed sources, WINDOWSTART and
 * WINDOWEND, so that every expression looks at value columns only.
 */
import type { SourceKind } from '../ast/nodes.ts'
import type { FormatInfo, TimestampColumn, WindowInfo } from '../catalog/data-source.ts'
import type { Column, LogicalSchema } from '../catalog/schema.ts'

export interface StepSchema {
  readonly key: readonly Column[]
  readonly value: readonly Column[]
}
export interface Formats {
  readonly key: FormatInfo
  readonly value: FormatInfo
}
export interface NamedExpression {
  readonly name: string
  readonly expression: string
}
interface StepBase {
  /** Of the rows that leave the step. */
  readonly schema: StepSchema
  /** Names stores and internal topics: `Aggregate`, `Join-left`, … */
  readonly context: string
}

export interface SourceStep extends StepBase {
  readonly kind: 'source'
  readonly type: SourceKind
  readonly topic: string
  readonly sourceSchema: LogicalSchema
  readonly formats: Formats
  readonly window: WindowInfo | null
  readonly timestamp: TimestampColumn | null
}
export interface FilterStep extends StepBase {
  readonly kind: 'filter'
  readonly type: SourceKind
  readonly input: Step
  readonly condition: string
}
/** New value columns; the key stays, its columns may get new names. */
export interface SelectStep extends StepBase {
  readonly kind: 'select'
  readonly type: SourceKind
  readonly input: Step
  readonly columns: readonly NamedExpression[]
}
/** A new key. With no expression the key is dropped (`PARTITION BY NULL`). */
export interface PartitionByStep extends StepBase {
  readonly kind: 'partitionBy'
  readonly input: Step
  readonly expressions: readonly string[]
}
/** One output row per element: table functions side by side, the shorter ones padded with NULL. */
export interface FlatMapStep extends StepBase {
  readonly kind: 'flatMap'
  readonly input: Step
  readonly functions: readonly string[]
}
export interface AggregateStep extends StepBase {
  readonly kind: 'aggregate'
  readonly input: Step
  /** STREAM: rows add up. TABLE: an update takes the old row back first. */
  readonly inputType: SourceKind
  readonly groupBy: readonly string[]
  /**
   * Calls of aggregate functions. The value columns are their results, then ROWTIME, copies of the key columns and, with
   * a window, its bounds.
   */
  readonly calls: readonly string[]
  readonly window: AggregationWindow | null
  /** The key is already that of the group: no repartition topic. */
  readonly sameKey: boolean
  readonly formats: Formats
  /** EMIT FINAL. */
  readonly final: boolean
}
export interface AggregationWindow {
  readonly type: WindowInfo['type']
  readonly sizeMs: number
  readonly advanceMs: number | null
  readonly graceMs: number
  readonly retentionMs: number | null
}
export interface StreamTableJoinStep extends StepBase {
  readonly kind: 'streamTableJoin'
  readonly join: 'INNER' | 'LEFT'
  readonly left: Step
  readonly right: Step
  readonly formats: Formats
}
export interface TableTableJoinStep extends StepBase {
  readonly kind: 'tableTableJoin'
  readonly join: 'INNER' | 'LEFT' | 'FULL'
  readonly left: Step
  readonly right: Step
  readonly formats: Formats
}
export interface StreamStreamJoinStep extends StepBase {
  readonly kind: 'streamStreamJoin'
  readonly join: 'INNER' | 'LEFT' | 'FULL'
  readonly left: Step
  readonly right: Step
  readonly beforeMs: number
  readonly afterMs: number
  /** Null: no GRACE PERIOD given, unmatched rows come at once. */
  readonly graceMs: number | null
  readonly formats: Formats
}
export type Step =
  | SourceStep
  | FilterStep
  | SelectStep
  | PartitionByStep
  | FlatMapStep
  | AggregateStep
  | StreamTableJoinStep
  | TableTableJoinStep
  | StreamStreamJoinStep

/** What a persistent query does, whole. */
export interface QueryPlan {
  readonly queryId: string
  readonly sink: Sink
  readonly root: Step
  readonly sources: readonly string[]
}
export interface Sink {
  readonly name: string
  readonly type: SourceKind
  readonly topic: string
  readonly schema: LogicalSchema
  readonly formats: Formats
  readonly window: WindowInfo | null
  readonly timestamp: TimestampColumn | null
}
