/**
 * A plan as a topology of the streams runtime. Keys are rows of key columns (or windows of them), values rows of value
 * columns; a null key is a record without one, a null value a tombstone or a stream record without a value.
 */

import type { Serde } from '@millrace/client'
import {
  Consumed,
  Grouped,
  Joined,
  JoinWindows,
  type KStream,
  type KTable,
  Materialized,
  Named,
  Produced,
  StreamJoined,
  StreamsBuilder,
  TimeWindowedSerde,
  TimeWindows,
  type Topology,
  Windowed,
} from '@millrace/streams'
import { StepScope } from '../analysis/step-scope.ts'
import type { FunctionCall } from '../ast/nodes.ts'
import type { FormatInfo } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { compileExpression } from '../expressions/compile.ts'
import { compileAggregateCall } from '../expressions/compile-aggregate-call.ts'
import { compileTableCall } from '../expressions/compile-table-call.ts'
import type { Evaluate, EvaluationContext } from '../expressions/compiled.ts'
import { formatHolds } from '../formats/format-rules.ts'
import { rowSerde } from '../formats/row-serde.ts'
import { parseExpression } from '../parser/parse.ts'
import type {
  AggregateStep,
  FilterStep,
  FlatMapStep,
  Formats,
  PartitionByStep,
  QueryPlan,
  SelectStep,
  Sink,
  SourceStep,
  Step,
  StepSchema,
  StreamStreamJoinStep,
  StreamTableJoinStep,
  TableTableJoinStep,
} from '../plan/steps.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import type { ExecutionContext } from './execution-context.ts'
import { asSerde, internalSerde } from './row-serdes.ts'
import { sourceRows } from './source-rows.ts'
import { timestampExtractor, timestampOf } from './timestamps.ts'

export type Key = Row | Windowed<Row> | null
export type Value = Row | null
type Rows =
  | { readonly kind: 'stream'; readonly stream: KStream<Key, Value> }
  | { readonly kind: 'table'; readonly table: KTable<Key, Row>; readonly materialization: Materialization }

/** Where the rows of a table can be looked up: a store, and what is still to be done to what it holds. */
export interface Materialization {
  readonly storeName: string
  /** A window store, or a key-value store. */
  readonly windowed: boolean
  /** The columns of `read`'s rows. */
  readonly columns: readonly Column[]
  /** The table's row; null when a condition leaves it out. `bounds` are those of the window. */
  readonly read: (key: Row, stored: Row, timestampMs: number, bounds: readonly SqlValue[]) => Row | null
}

export interface Execution {
  readonly topology: Topology
  /** Null for streams. */
  readonly materialization: Materialization | null
}

/** A persistent query. Throws SqlAnalysisError for a plan with a step or format that cannot be executed. */
export function buildExecution(plan: QueryPlan, context: ExecutionContext): Execution {
  return new TopologyBuilder(plan.queryId, context).persistent(plan)
}

/** A table's rows, kept to be looked up. Throws SqlAnalysisError as `buildExecution` does. */
export function buildMaterialization(queryId: string, root: SourceStep, context: ExecutionContext): Execution {
  return new TopologyBuilder(queryId, context).materialized(root)
}

/** A query that is answered while it runs: each change of a row is told, a removed row as null. */
export function buildAnswering(
  queryId: string,
  root: Step,
  context: ExecutionContext,
  onRow: (
    key: Key,
    row: Value,
    from: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined,
  ) => void,
): Topology {
  return new TopologyBuilder(queryId, context).answering(root, onRow)
}

class TopologyBuilder {
  private readonly builder = new StreamsBuilder()

  constructor(
    private readonly queryId: string,
    private readonly context: ExecutionContext,
  ) {}

  answering(root: Step, onRow: Parameters<typeof buildAnswering>[3]): Topology {
    const rows = this.step(root)
    const stream = rows.kind === 'stream' ? rows.stream : (rows.table.toStream() as KStream<Key, Value>)
    stream.process(processor => ({ process: record => onRow(record.key, record.value, processor.recordMetadata()) }))
    return this.builder.build()
  }

  materialized(root: SourceStep): Execution {
    const rows = this.step(root)
    return { topology: this.builder.build(), materialization: rows.kind === 'table' ? rows.materialization : null }
  }

  persistent({ sink, root }: QueryPlan): Execution {
    const rows = this.step(root)
    const stream = rows.kind === 'stream' ? rows.stream : (rows.table.toStream() as KStream<Key, Value>)
    const keys = asSerde(
      rowSerde(sink.formats.key, sink.schema.key, { topic: sink.topic, isKey: true }, this.context.schemas),
    )
    const values = asSerde(
      rowSerde(sink.formats.value, sink.schema.value, { topic: sink.topic, isKey: false }, this.context.schemas),
    )
    const windowSizeMs = sink.window?.sizeMs ?? null
    this.withSinkTimestamps(stream, sink).to(
      sink.topic,
      Produced.with(this.keySerde(keys, windowSizeMs, sink.window !== null) as Serde<NonNullable<Key>>, values),
    )
    return { topology: this.builder.build(), materialization: rows.kind === 'table' ? rows.materialization : null }
  }

  private keySerde(keys: Serde<Row>, windowSizeMs: number | null, windowed: boolean): Serde<Key> {
    if (!windowed) return keys as Serde<Key>
    if (windowSizeMs === null) throw unsupported('session windows')
    return new TimeWindowedSerde(keys, windowSizeMs) as unknown as Serde<Key>
  }

  /** `TIMESTAMP='column'` of the sink: records carry that column's time. */
  private withSinkTimestamps(stream: KStream<Key, Value>, sink: Sink): KStream<Key, Value> {
    if (sink.timestamp === null) return stream
    const { column, format } = sink.timestamp
    const all = [...sink.schema.key, ...sink.schema.value]
    const index = all.findIndex(({ name }) => name === column)
    const toMs = timestampOf(all[index] as Column, format)
    const keyColumns = sink.schema.key.length
    const errors: EvaluationContext = {
      onError: error => this.context.onProcessingError({ queryId: this.queryId, step: 'Sink', error }),
    }
    return stream.processValues<Value>(processor => ({
      process(record) {
        const value =
          index < keyColumns ? (keyRow(record.key)[index] ?? null) : (record.value?.[index - keyColumns] ?? null)
        if (value === null) return processor.forward(record)
        try {
          processor.forward(record.withTimestamp(toMs(value)))
        } catch (error) {
          // No time, no record: ksqlDB leaves it out and goes on.
          errors.onError(error as Error)
        }
      },
    }))
  }

  private step(step: Step): Rows {
    switch (step.kind) {
      case 'source':
        return this.source(step)
      case 'filter':
        return this.filter(step)
      case 'select':
        return this.select(step)
      case 'partitionBy':
        return this.partitionBy(step)
      case 'flatMap':
        return this.flatMap(step)
      case 'aggregate':
        return this.aggregate(step)
      case 'streamTableJoin':
        return this.streamTableJoin(step)
      case 'tableTableJoin':
        return this.tableTableJoin(step)
      case 'streamStreamJoin':
        return this.streamStreamJoin(step)
    }
  }

  private stream(step: Step): KStream<Key, Value> {
    const rows = this.step(step)
    if (rows.kind !== 'stream') throw new TypeError(`${step.kind} is a table where a stream is needed`)
    return rows.stream
  }

  private source(step: SourceStep): Rows {
    const { topic, formats, sourceSchema, window, timestamp } = step
    const keys = asSerde(
      rowSerde(formats.key, sourceSchema.key, { topic, isKey: true, isReadOnly: true }, this.context.schemas),
    )
    const values = asSerde(
      rowSerde(formats.value, sourceSchema.value, { topic, isKey: false, isReadOnly: true }, this.context.schemas),
    )
    let consumed = Consumed.with(this.keySerde(keys, window?.sizeMs ?? null, window !== null), values as Serde<Value>)
    if (timestamp !== null) consumed = consumed.withTimestampExtractor(timestampExtractor(timestamp, sourceSchema))
    const stream = this.builder.stream<Key, Value>(topic, consumed).processValues<Value>(sourceRows(step))
    if (step.type === 'STREAM') return { kind: 'stream', stream }
    const storeName = `${step.context}-Reduce`
    const table = stream.toTable(
      Materialized.as<Key, Value>(storeName)
        .withKeySerde(
          this.keySerde(
            this.internalKeySerde(formats, sourceSchema.key, storeName),
            window?.sizeMs ?? null,
            window !== null,
          ),
        )
        .withValueSerde(internalSerde(step.schema.value) as Serde<Value>),
    )
    const materialization = { storeName, windowed: false, columns: step.schema.value, read: (_: Row, row: Row) => row }
    return { kind: 'table', table: table as KTable<Key, Row>, materialization }
  }

  private filter(step: FilterStep): Rows {
    const condition = this.compile(step.condition, step.input.schema)
    const errors = this.errorsOf(step)
    const passes = (row: Value): boolean => {
      if (row === null) return false
      try {
        return condition(row, errors) === true
      } catch (error) {
        errors.onError(error as Error)
        return false
      }
    }
    const rows = this.step(step.input)
    return rows.kind === 'stream'
      ? { kind: 'stream', stream: rows.stream.filter((_, row) => passes(row)) }
      : {
          kind: 'table',
          table: rows.table.filter((_, row) => passes(row)),
          materialization: derived(rows.materialization, step.schema.value, row => (passes(row) ? row : null)),
        }
  }

  private select(step: SelectStep): Rows {
    const columns = step.columns.map(({ expression }) => this.compile(expression, step.input.schema))
    const errors = this.errorsOf(step)
    const project = (row: Row): Row => columns.map(column => valueOrNull(column, row, errors))
    const rows = this.step(step.input)
    return rows.kind === 'stream'
      ? { kind: 'stream', stream: rows.stream.mapValues(row => (row === null ? null : project(row))) }
      : {
          kind: 'table',
          table: rows.table.mapValues(row => project(row)),
          materialization: derived(rows.materialization, step.schema.value, project),
        }
  }

  private partitionBy(step: PartitionByStep): Rows {
    const expressions = step.expressions.map(expression => this.compile(expression, step.input.schema))
    const errors = this.errorsOf(step)
    const keyColumns = step.input.schema.value.map(({ name }) =>
      step.input.schema.key.findIndex(column => column.name === name),
    )
    const keyOf = (oldKey: Key, row: Value): Key => {
      if (expressions.length === 0) return null
      // A record without a value still has the columns of its key.
      const columns = row ?? keyColumns.map(index => keyRow(oldKey)[index] ?? null)
      const key = expressions.map(expression => valueOrNull(expression, columns, errors))
      return key.length === 1 && key[0] === null ? null : key
    }
    const added = step.schema.value
      .slice(step.input.schema.value.length)
      .map(({ name }) => step.schema.key.findIndex(column => column.name === name))
    const stream = this.stream(step.input)
      .selectKey((key, row) => keyOf(key, row))
      .mapValues<Value>((row, key) =>
        row === null ? null : [...row, ...added.map(index => keyRow(key)[index] ?? null)],
      )
    return { kind: 'stream', stream }
  }

  private flatMap(step: FlatMapStep): Rows {
    const scope = this.scope(step.input.schema)
    const calls = step.functions.map(text => compileTableCall(parseExpression(text) as FunctionCall, scope))
    const errors = this.errorsOf(step)
    const stream = this.stream(step.input).flatMapValues<Value>(row => {
      if (row === null) return []
      const lists = calls.map(call => call.evaluate(row, errors))
      const length = Math.max(0, ...lists.map(list => list.length))
      return Array.from({ length }, (_, index) => [...row, ...lists.map(list => list[index] ?? null)])
    })
    return { kind: 'stream', stream }
  }

  private aggregate(step: AggregateStep): Rows {
    const scope = this.scope(step.input.schema)
    const groupBy = step.groupBy.map(text => compileExpression(parseExpression(text), scope).evaluate)
    const calls = step.calls.map(text => compileAggregateCall(parseExpression(text) as FunctionCall, scope))
    const errors = this.errorsOf(step)
    const keySerde = this.internalKeySerde(step.formats, step.schema.key, 'Aggregate')
    const inputSerde = internalSerde(step.input.schema.value)
    const stateSerde = internalSerde(
      calls.map(({ aggregator }, index) => ({ name: `A${index}`, type: aggregator.intermediate })),
    )
    const initial = (): Row => calls.map(({ aggregator }) => aggregator.initial())
    const add = (_: unknown, row: Row, state: Row): Row =>
      calls.map((call, index) => call.aggregator.add(state[index] ?? null, call.arguments(row, errors)))
    const subtract = (_: unknown, row: Row, state: Row): Row =>
      calls.map((call, index) => {
        if (call.aggregator.undo === undefined) throw new TypeError('an aggregate without undo over a table')
        return call.aggregator.undo(state[index] ?? null, call.arguments(row, errors))
      })
    // Rows whose grouping value is null or fails go nowhere.
    const groupOf = (row: Row): Row | null => {
      const key = groupBy.map(expression => valueOrNull(expression, row, errors))
      return key.includes(null) ? null : key
    }
    const finish = (state: Row, key: Row, bounds: readonly SqlValue[], timestampMs: number | null = null): Row => [
      ...calls.map(({ aggregator }, index) => aggregator.finish(state[index] ?? null)),
      timestampMs,
      ...key,
      ...bounds,
    ]
    const storeName = 'Aggregate-Aggregate-Materialize'
    const materialization: Materialization = {
      storeName,
      windowed: step.window !== null,
      columns: step.schema.value,
      read: (key, state, timestampMs, bounds) => finish(state, key, bounds, timestampMs),
    }
    const materialized = Materialized.as<Row, Row>(storeName).withKeySerde(keySerde).withValueSerde(stateSerde)
    const grouped = Grouped.with(keySerde, inputSerde).withName('Aggregate-GroupBy')
    if (step.inputType === 'TABLE') {
      const rows = this.step(step.input)
      if (rows.kind !== 'table') throw new TypeError('a stream where a table is needed')
      const table = rows.table
        .groupBy<Row | null, Row>((_, row) => [groupOf(row), row], grouped as unknown as Grouped<Row | null, Row>)
        .aggregate<Row>(initial, add, subtract, materialized as unknown as Materialized<Row | null, Row>)
        .mapValues((state, key) => finish(state, key as Row, []))
      return { kind: 'table', table: table as KTable<Key, Row>, materialization }
    }
    const stream = this.stream(step.input).filter((_, row) => row !== null) as KStream<Key, Row>
    const byGroup = step.sameKey
      ? (stream as unknown as KStream<Row, Row>).groupByKey(grouped)
      : stream.groupBy((_, row) => groupOf(row) as Row, grouped)
    if (step.window === null) {
      const table = byGroup.aggregate<Row>(initial, add, materialized).mapValues((state, key) => finish(state, key, []))
      return { kind: 'table', table: table as KTable<Key, Row>, materialization }
    }
    const { type, sizeMs, advanceMs, graceMs, retentionMs } = step.window
    if (type === 'SESSION') throw unsupported('session windows')
    if (step.final) throw unsupported('EMIT FINAL')
    const windows = TimeWindows.ofSizeAndGrace(sizeMs, graceMs)
    const table = byGroup
      .windowedBy(advanceMs === null ? windows : windows.advanceBy(advanceMs))
      .aggregate<Row>(
        initial,
        add,
        retentionMs === null ? materialized : materialized.withRetention(Math.max(retentionMs, sizeMs + graceMs)),
      )
      .mapValues((state, window) => finish(state, window.key, [window.startMs, window.endMs]))
    return { kind: 'table', table: table as unknown as KTable<Key, Row>, materialization }
  }

  private streamTableJoin(step: StreamTableJoinStep): Rows {
    const rows = this.step(step.right)
    if (rows.kind !== 'table') throw new TypeError('a stream where a table is needed')
    const keySerde = this.joinKeySerde(step)
    const joined = Joined.with(keySerde, internalSerde(step.left.schema.value)).withName(step.context)
    const merge = this.merger(step)
    // A record without a value has nothing to join.
    const stream = this.stream(step.left).filter((_, row) => row !== null) as KStream<Key, Row>
    const table = rows.table as KTable<NonNullable<Key>, Row>
    const result =
      step.join === 'INNER'
        ? stream.join<Row, Row>(table, (left, right) => merge(left, right), joined)
        : stream.leftJoin<Row, Row>(table, (left, right) => merge(left, right), joined)
    return { kind: 'stream', stream: result as unknown as KStream<Key, Value> }
  }

  private streamStreamJoin(step: StreamStreamJoinStep): Rows {
    const merge = this.merger(step)
    // Records without a value have nothing to join.
    const [left, right] = [step.left, step.right].map(
      side => this.stream(side).filter((_, row) => row !== null) as KStream<Key, Row>,
    ) as [KStream<Key, Row>, KStream<Key, Row>]
    const joined = StreamJoined.with(
      this.joinKeySerde(step),
      internalSerde(step.left.schema.value),
      internalSerde(step.right.schema.value),
    )
      .withName(step.context)
      .withStoreName(step.context)
    const differenceMs = Math.max(step.beforeMs, step.afterMs)
    const windows = (
      step.graceMs === null
        ? JoinWindows.ofTimeDifferenceUnmatchedAtOnce(differenceMs)
        : JoinWindows.ofTimeDifferenceAndGrace(differenceMs, step.graceMs)
    )
      .before(step.beforeMs)
      .after(step.afterMs)
    const stream =
      step.join === 'INNER'
        ? left.join<Row, Row>(right, (a, b) => merge(a, b), windows, joined)
        : step.join === 'LEFT'
          ? left.leftJoin<Row, Row>(right, (a, b) => merge(a, b), windows, joined)
          : left.outerJoin<Row, Row>(right, (a, b) => merge(a, b), windows, joined)
    return { kind: 'stream', stream: stream as unknown as KStream<Key, Value> }
  }

  private tableTableJoin(step: TableTableJoinStep): Rows {
    const [left, right] = [this.step(step.left), this.step(step.right)]
    if (left.kind !== 'table' || right.kind !== 'table') throw new TypeError('a stream where a table is needed')
    const merge = this.merger(step)
    const storeName = `${step.context}-Materialize`
    const materialized = Materialized.as<Key, Row>(storeName)
      .withKeySerde(this.joinKeySerde(step))
      .withValueSerde(internalSerde(step.schema.value))
    const named = Named.as(step.context)
    const table =
      step.join === 'INNER'
        ? left.table.join<Row, Row>(right.table, merge, materialized, named)
        : step.join === 'LEFT'
          ? left.table.leftJoin<Row, Row>(right.table, merge, materialized, named)
          : left.table.outerJoin<Row, Row>(right.table, merge, materialized, named)
    const materialization = { storeName, windowed: false, columns: step.schema.value, read: (_: Row, row: Row) => row }
    return { kind: 'table', table, materialization }
  }

  /** Rows of both sides side by side; a missing one is NULLs, and a key column of the join's own comes last. */
  private merger(step: {
    readonly left: Step
    readonly right: Step
    readonly schema: StepSchema
  }): (left: Value, right: Value) => Row {
    const [leftColumns, rightColumns] = [step.left.schema.value, step.right.schema.value]
    const leftKey = leftColumns.findIndex(({ name }) => name === step.left.schema.key[0]?.name)
    const rightKey = rightColumns.findIndex(({ name }) => name === step.right.schema.key[0]?.name)
    const places = step.schema.value.map(({ name }) => {
      const left = leftColumns.findIndex(column => column.name === name)
      return { left, right: left >= 0 ? -1 : rightColumns.findIndex(column => column.name === name) }
    })
    return (left, right) =>
      places.map(place => {
        if (place.left >= 0) return left?.[place.left] ?? null
        if (place.right >= 0) return right?.[place.right] ?? null
        return left?.[leftKey] ?? right?.[rightKey] ?? null
      })
  }

  /**
   * Keys inside a query have the key format, so that repartitioned records meet those of topics that are not; the plain
   * one where that is none, and JSON where it cannot hold them: several columns, types it does not have.
   * `place` is part of the subject of formats whose schemas are registered.
   */
  private internalKeySerde({ key }: Formats, columns: readonly Column[], place: string): Serde<Row> {
    const plain: FormatInfo = key.name === 'NONE' ? { name: 'KAFKA' } : key
    const format: FormatInfo = formatHolds(plain, columns) ? plain : { name: 'JSON' }
    const target = { topic: `_confluent-ksql-${this.queryId}-${place}`, isKey: true }
    return asSerde(rowSerde(format, columns, target, this.context.schemas))
  }

  private joinKeySerde(step: StreamTableJoinStep | TableTableJoinStep | StreamStreamJoinStep): Serde<Key> {
    const window = windowOf(step)
    const keys = this.internalKeySerde(step.formats, step.schema.key, step.context)
    return this.keySerde(keys, window?.sizeMs ?? null, window !== null)
  }

  private scope(schema: StepSchema): StepScope {
    return new StepScope(schema, this.context.functions, this.context.customTypes)
  }
  private compile(text: string, schema: StepSchema): Evaluate {
    return compileExpression(parseExpression(text), this.scope(schema)).evaluate
  }
  private errorsOf(step: Step): EvaluationContext {
    return { onError: error => this.context.onProcessingError({ queryId: this.queryId, step: step.context, error }) }
  }
}

/** Of the keys of a step whose input has not been aggregated. */
function windowOf(step: Step): SourceStep['window'] {
  if (step.kind === 'source') return step.window
  return windowOf('left' in step ? step.left : step.input)
}

function derived(below: Materialization, columns: readonly Column[], apply: (row: Row) => Row | null): Materialization {
  return {
    ...below,
    columns,
    read: (key, stored, timestampMs, bounds) => {
      const row = below.read(key, stored, timestampMs, bounds)
      return row === null ? null : apply(row)
    },
  }
}

function valueOrNull(evaluate: Evaluate, row: Row, errors: EvaluationContext): SqlValue {
  try {
    return evaluate(row, errors)
  } catch (error) {
    errors.onError(error as Error)
    return null
  }
}

/** The key's columns, whether it is in a window or not. */
export function keyRow(key: Key): Row {
  if (key === null) return []
  return key instanceof Windowed ? key.key : key
}

function unsupported(what: string): SqlAnalysisError {
  return new SqlAnalysisError(`${what} are not supported yet`)
}
