/** Pull queries: rows of a table as the last commit of its query left them. */

import { QueryableStoreTypes, type ValueAndTimestamp, Windowed } from '@millrace/streams'
import { SourceNames } from '../analysis/names.ts'
import { expandSelect, GeneratedNames, resolveColumns } from '../analysis/select-items.ts'
import { StepScope } from '../analysis/step-scope.ts'
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { collect, columnsOf } from '../ast/visit.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { type Column, PSEUDO_COLUMNS, WINDOW_BOUNDS } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { compileCondition, compileExpression } from '../expressions/compile.ts'
import type { CompiledExpression, Evaluate, EvaluationContext } from '../expressions/compiled.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import { STRING, typeText } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import { invalidWhere, type Lookup, lookupOf } from './lookup.ts'
import type { PersistentQuery } from './persistent-query.ts'
import { isEnabled, type Properties } from './properties.ts'
import type { RowSink } from './row-sink.ts'

export interface PullQueryContext {
  readonly properties: Properties
  readonly catalog: Catalog
  readonly functions: FunctionRegistry
  readonly onError: (error: Error) => void
}

/** Throws SqlAnalysisError for what a pull query cannot do. */
export async function pullFromTable(
  query: ast.Query,
  source: DataSource,
  materializer: PersistentQuery,
  queryId: string,
  context: PullQueryContext,
  sink: RowSink,
): Promise<void> {
  const { materialization } = materializer.execution
  if (materialization === null) throw notQueryable(source)
  const names = new SourceNames([{ alias: query.from.alias ?? source.name, source }])
  const bounds = source.window === null ? [] : WINDOW_BOUNDS
  const [rowtime] = PSEUDO_COLUMNS as readonly [Column]
  const columns: readonly Column[] = [...source.schema.key, ...bounds, ...source.schema.value, ...source.schema.headers]
  const scope = new StepScope({ key: [], value: [...columns, rowtime] }, context.functions, context.catalog.types)
  const items = expandSelect(query.select, names, new GeneratedNames(columns.map(({ name }) => name)), {
    columns: () => columns.map(({ name }) => name),
    fields: expression => fieldsOf(expression, scope),
  })
  const keyNames = new Set(source.schema.key.map(({ name }) => name))
  const projected = items.map(item => ({ ...item, compiled: compileExpression(item.expression, scope) }))
  const where = query.where === null ? null : resolveColumns(query.where, names, 'WHERE')
  const condition = where === null ? null : compileWhere(where, scope)
  const lookup = lookupOf(where, source, scope, {
    tableScans: isEnabled(context.properties, 'ksql.query.pull.table.scan.enabled'),
    rangeScans: isEnabled(context.properties, 'ksql.query.pull.range.scan.enabled'),
  })
  sink.header(
    queryId,
    projected.map(({ name, expression, compiled }) => ({
      name,
      type: compiled.type ?? STRING,
      isKey:
        expression.kind === 'ColumnReference' &&
        (keyNames.has(expression.name) || bounds.some(column => column.name === expression.name)),
    })),
  )
  const errors: EvaluationContext = { onError: context.onError }
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  let sent = 0
  if (limit > 0)
    for await (const row of rowsOf(materializer, source, lookup)) {
      if (condition !== null && !holds(condition, row, errors)) continue
      sink.row(
        projected.map(({ compiled }) => valueOrNull(compiled, row, errors)),
        false,
      )
      if (++sent >= limit) break
    }
  sink.end(null)
}

/** What no pull query may have, on a table or a stream. Throws SqlAnalysisError. */
export function refuseUnsupported(query: ast.Query, functions: FunctionRegistry, properties: Properties): void {
  if (query.limit !== null && !isEnabled(properties, 'ksql.query.pull.limit.clause.enabled'))
    throw new SqlAnalysisError(
      'LIMIT clause in pull queries is currently disabled. You can enable them by setting ksql.query.pull.limit.clause.enabled=true. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.',
      query.at,
    )
  const refused: [boolean, string][] = [
    [query.joins.length > 0, 'JOIN clauses'],
    [query.window !== null, 'WINDOW clauses'],
    [query.groupBy !== null, 'GROUP BY clauses'],
    [query.partitionBy !== null, 'PARTITION BY clauses'],
    [query.having !== null, 'HAVING clauses'],
  ]
  const found = refused.find(([present]) => present)
  if (found !== undefined)
    throw new SqlAnalysisError(
      `Pull queries don't support ${found[1]}. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.`,
      query.at,
    )
  for (const item of query.select) {
    if (item.kind !== 'SelectExpression') continue
    const isAggregate = (node: ast.Expression): node is ast.FunctionCall =>
      node.kind === 'FunctionCall' && functions.aggregate(node.name) !== undefined
    const [call] = collect(item.expression, isAggregate)
    if (call !== undefined)
      throw new SqlAnalysisError(
        `Pull queries don't support aggregate functions: ${printExpression(call)}.\nAdd EMIT CHANGES if you intended to issue a push query.`,
        call.at,
      )
    const odd = columnsOf(item.expression).find(({ name }) => name === 'ROWPARTITION' || name === 'ROWOFFSET')
    if (odd !== undefined)
      throw new SqlAnalysisError(
        `Pull queries don't support the following columns in SELECT clauses: \`${odd.name}\``,
        odd.at,
      )
  }
}

export function notQueryable(source: DataSource): SqlAnalysisError {
  return new SqlAnalysisError(
    `The \`${source.name}\` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_${source.name} AS SELECT * FROM ${source.name}'. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.`,
  )
}

function compileWhere(where: ast.Expression, scope: StepScope): Evaluate {
  for (const like of collect(where, (node): node is ast.Like => node.kind === 'Like')) {
    const type = like.operand.kind === 'ColumnReference' ? scope.column(like.operand).type : null
    if (type !== null && type.kind !== 'STRING')
      throw invalidWhere(
        `The column type for Like condition must be VARCHAR. The column type is ${typeText(type)}`,
        like.at,
      )
  }
  for (const between of collect(where, (node): node is ast.Between => node.kind === 'Between'))
    explained(
      () => compileExpression(between, scope),
      message => `Invalid expression: ${message}`,
    )
  return explained(
    () => compileCondition(where, scope, 'WHERE'),
    message => `${message}\nStatement: ${printExpression(where)}`,
  )
}
function explained<T>(compile: () => T, explain: (message: string) => string): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof SqlAnalysisError)) throw error
    throw new SqlAnalysisError(explain(error.message), error.at)
  }
}

function fieldsOf(expression: ast.Expression, scope: StepScope): string[] {
  const { type } = compileExpression(expression, scope)
  if (type?.kind !== 'STRUCT') throw new SqlAnalysisError(`${printExpression(expression)} is no STRUCT`, expression.at)
  return type.fields.map(({ name }) => name)
}

async function* rowsOf(materializer: PersistentQuery, source: DataSource, lookup: Lookup): AsyncGenerator<Row> {
  const { storeName, windowed, read, columns } = materializer.execution.materialization!
  const places = [...source.schema.value, ...source.schema.headers].map(({ name }) =>
    columns.findIndex(column => column.name === name),
  )
  const assemble = (keyRow: Row, stored: ValueAndTimestamp<Row>, bounds: readonly SqlValue[]): Row | null => {
    const row = read(keyRow, stored.value, stored.timestampMs, bounds)
    return row === null ? null : [...keyRow, ...bounds, ...places.map(place => row[place] ?? null), stored.timestampMs]
  }
  if (windowed) {
    const store = materializer.streams.store(storeName, QueryableStoreTypes.timestampedWindowStore<Row, Row>())
    const scans =
      lookup.kind === 'keys'
        ? lookup.keys.map(key => () => store.fetch(key, 0, Number.MAX_SAFE_INTEGER))
        : [() => store.all()]
    for (const scan of scans)
      for await (const [window, stored] of scan()) {
        const row = assemble(window.key, stored, [window.startMs, window.endMs])
        if (row !== null) yield row
      }
    return
  }
  const store = materializer.streams.store(
    storeName,
    QueryableStoreTypes.timestampedKeyValueStore<Row | Windowed<Row>, Row>(),
  )
  if (lookup.kind === 'keys' && source.window === null) {
    for (const key of lookup.keys) {
      const stored = store.get(key)
      const row = stored === undefined ? null : assemble(key, stored, [])
      if (row !== null) yield row
    }
    return
  }
  for await (const [storedKey, stored] of store.all()) {
    const row =
      storedKey instanceof Windowed
        ? assemble(storedKey.key, stored, [storedKey.startMs, storedKey.endMs])
        : assemble(storedKey, stored, [])
    if (row !== null) yield row
  }
}

function holds(condition: Evaluate, row: Row, errors: EvaluationContext): boolean {
  try {
    return condition(row, errors) === true
  } catch (error) {
    errors.onError(error as Error)
    return false
  }
}
function valueOrNull({ evaluate }: CompiledExpression, row: Row, errors: EvaluationContext): SqlValue {
  try {
    return evaluate(row, errors)
  } catch (error) {
    errors.onError(error as Error)
    return null
  }
}
