/** GROUP BY with its aggregates, WINDOW and HAVING. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { collect, columnsOf, rewrite, sameExpression } from '../ast/visit.ts'
import type { WindowInfo } from '../catalog/data-source.ts'
import { type Column, isSystemColumn, ROWTIME, WINDOW_BOUNDS } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { compileCondition, compileExpression } from '../expressions/compile.ts'
import { compileAggregateCall } from '../expressions/compile-aggregate-call.ts'
import type { AggregateStep, AggregationWindow } from '../plan/steps.ts'
import { BIGINT } from '../types/sql-type.ts'
import { durationMs } from './durations.ts'
import type { SourceNames } from './names.ts'
import type { AnalysisContext, KeyOrigin, Planned } from './planned.ts'
import { columnReference, expandSelect, type GeneratedNames, resolveColumns, type SelectItem } from './select-items.ts'
import { StepScope } from './step-scope.ts'

/** Without GRACE PERIOD a window stays open for a day, its own size included. */
const DEFAULT_OPEN_MS = 24 * 3_600_000

export interface Aggregation {
  readonly planned: Planned
  readonly items: readonly SelectItem[]
  readonly origin: KeyOrigin
}

export function planAggregation(
  query: ast.Query,
  source: Planned,
  sourceNames: SourceNames,
  generated: GeneratedNames,
  context: AnalysisContext,
): Aggregation {
  const names = query.window === null ? sourceNames : sourceNames.withWindowBounds()
  const isAggregate = (node: ast.Expression): node is ast.FunctionCall =>
    node.kind === 'FunctionCall' && context.functions.aggregate(node.name) !== undefined
  const { schema } = source.step
  const items = expandSelect(query.select, names, generated, {
    columns: alias => starColumns(alias, source, names),
    fields: () => [],
  })
  const having = query.having === null ? null : resolveColumns(query.having, names, 'HAVING')
  const calls = distinct(
    [...items.map(item => item.expression), ...(having === null ? [] : [having])].flatMap(node =>
      collect(node, isAggregate),
    ),
  )
  checkCalls(query, calls, items, isAggregate, source, context)

  const scope = new StepScope(schema, context.functions, context.catalog.types)
  const groupBy = (query.groupBy as ast.Expression[]).map(expression => resolveColumns(expression, names, 'GROUP BY'))
  const key = groupBy.map((expression, index) =>
    keyColumn(expression, (query.groupBy as ast.Expression[])[index]!, generated, scope),
  )
  const compiled = calls.map(call => ({ call, ...compileAggregateCall(call, scope) }))
  if (source.type === 'TABLE') refuseWithoutUndo(compiled)
  const window = query.window === null ? null : windowOf(query.window)
  if (query.emit === 'FINAL' && window === null)
    throw new SqlAnalysisError('EMIT FINAL is only supported for windowed aggregations.', query.at)
  if (window !== null && source.type === 'TABLE')
    throw new SqlAnalysisError('WINDOW clause is only supported on streams', (query.window as ast.WindowClause).at)
  if (source.window !== null)
    throw new SqlAnalysisError(
      'GROUP BY on a windowed source is not supported: its key holds the window. See https://github.com/confluentinc/ksql/issues/4397.',
      query.at,
    )

  const sameKey =
    source.type === 'STREAM' &&
    groupBy.length === source.key.length &&
    groupBy.every((expression, index) =>
      source.key[index]!.expressions.some(other => sameExpression(other, expression)),
    )
  const results: Column[] = compiled.map(({ aggregator }, index) => ({
    name: variable(index),
    type: aggregator.result,
  }))
  const keyColumns = key.map(({ column }) => column)
  const step: AggregateStep = {
    kind: 'aggregate',
    input: source.step,
    inputType: source.type,
    groupBy: groupBy.map(printExpression),
    calls: calls.map(printExpression),
    window,
    sameKey,
    formats: {
      key: source.keyFormat.name === 'NONE' ? { name: 'KAFKA' } : source.keyFormat,
      value: source.valueFormat,
    },
    final: query.emit === 'FINAL',
    schema: {
      key: keyColumns,
      value: [...results, { name: ROWTIME, type: BIGINT }, ...keyColumns, ...(window === null ? [] : WINDOW_BOUNDS)],
    },
    context: 'Aggregate',
  }
  const rewriteOver = (expression: ast.Expression): ast.Expression =>
    rewrite(expression, node => {
      const grouped = groupBy.findIndex(group => sameExpression(group, node))
      if (grouped >= 0) return columnReference(keyColumns[grouped]!.name, node.at)
      const call = isAggregate(node) ? calls.findIndex(other => sameExpression(other, node)) : -1
      return call >= 0 ? columnReference(variable(call), node.at) : undefined
    })
  const rewritten = items.map(item => ({ ...item, expression: rewriteOver(item.expression) }))
  checkGrouped(rewritten, step)
  const planned: Planned = {
    ...source,
    step,
    type: 'TABLE',
    keyFormat: step.formats.key,
    window: window === null ? null : windowInfo(window),
    key: key.map(({ column, text }) => ({
      name: column.name,
      expressions: [columnReference(column.name, query.at)],
      text: [text],
    })),
  }
  return {
    planned: having === null ? planned : planHaving(planned, having, rewriteOver(having), step, context),
    items: rewritten,
    origin: 'grouping expression',
  }
}

function variable(index: number): string {
  return `KSQL_AGG_VARIABLE_${index}`
}

function distinct(calls: readonly ast.FunctionCall[]): ast.FunctionCall[] {
  return calls.filter((call, index) => calls.findIndex(other => sameExpression(other, call)) === index)
}

function starColumns(alias: string | null, source: Planned, names: SourceNames): string[] {
  const owned = names.sources.filter(named => alias === null || named.alias === alias)
  if (owned.length === 0) throw new SqlAnalysisError(`'${alias}' is not a valid stream/table name or alias.`)
  const visible = owned.flatMap(({ alias: owner, source: { schema } }) =>
    [...schema.key, ...schema.value].map(({ name }) => names.internal(owner, name)),
  )
  return visible.filter(name => source.step.schema.value.some(column => column.name === name))
}

function checkCalls(
  query: ast.Query,
  calls: readonly ast.FunctionCall[],
  items: readonly SelectItem[],
  isAggregate: (node: ast.Expression) => node is ast.FunctionCall,
  source: Planned,
  context: AnalysisContext,
): void {
  for (const call of calls)
    for (const argument of call.arguments)
      if (collect(argument, isAggregate).length > 0)
        throw new SqlAnalysisError(`Aggregate functions can not be nested: ${printExpression(call)}`, call.at)
  for (const { original } of items) {
    const isTable = (node: ast.Expression): node is ast.FunctionCall =>
      node.kind === 'FunctionCall' && context.functions.table(node.name) !== undefined
    const [call] = collect(original, isTable)
    if (call !== undefined) throw new SqlAnalysisError('Table functions cannot be used with aggregations.', call.at)
  }
  for (const expression of query.groupBy ?? []) {
    const [call] = collect(expression, isAggregate)
    if (call !== undefined)
      throw new SqlAnalysisError(
        `GROUP BY does not support aggregate functions: ${call.name} is an aggregate function.`,
        call.at,
      )
    const table = collect(
      expression,
      (node): node is ast.FunctionCall =>
        node.kind === 'FunctionCall' && context.functions.table(node.name) !== undefined,
    )[0]
    if (table !== undefined)
      throw new SqlAnalysisError(
        `GROUP BY does not support table functions: ${table.name} is a table function.`,
        table.at,
      )
  }
  if (query.groupBy === null) {
    const bare = items.filter(item => collect(item.expression, isAggregate).length === 0)
    if (bare.length > 0) throw notGrouped(bare)
    const kind = source.type === 'TABLE' ? 'TABLE' : 'STREAM'
    throw new SqlAnalysisError(
      `CREATE ${kind === 'STREAM' ? 'TABLE' : kind} AS SELECT statement does not support aggregate function [${calls.map(call => (call.star ? `${call.name}(ROWTIME)` : printExpression(call))).join(', ')}] without a GROUP BY clause.`,
      query.at,
    )
  }
  for (const { original } of items) refuseUnknownFunctions(original, context)
  if (calls.length === 0)
    throw new SqlAnalysisError('GROUP BY requires aggregate functions in either the SELECT or HAVING clause.', query.at)
}

function refuseUnknownFunctions(expression: ast.Expression, { functions }: AnalysisContext): void {
  const isUnknown = (node: ast.Expression): node is ast.FunctionCall =>
    node.kind === 'FunctionCall' &&
    functions.scalar(node.name) === undefined &&
    functions.aggregate(node.name) === undefined &&
    functions.table(node.name) === undefined
  const [call] = collect(expression, isUnknown)
  if (call !== undefined) throw new SqlAnalysisError(`Can't find any functions with the name '${call.name}'`, call.at)
}

function notGrouped(items: readonly SelectItem[]): SqlAnalysisError {
  return new SqlAnalysisError(
    `Non-aggregate SELECT expression(s) not part of GROUP BY: ${items.map(item => printExpression(item.original)).join(', ')}\nEither add the column(s) to the GROUP BY or remove them from the SELECT.`,
    items[0]?.original.at,
  )
}

/** What is left of a select expression may only read group keys, aggregates and window bounds. */
function checkGrouped(items: readonly SelectItem[], step: AggregateStep): void {
  const keys = new Set(step.schema.key.map(({ name }) => name))
  const known = new Set(step.schema.value.map(({ name }) => name).filter(name => name !== ROWTIME || keys.has(name)))
  const odd = items.filter(item => columnsOf(item.expression).some(({ name }) => !known.has(name)))
  const bound = odd.find(item => item.expression.kind === 'ColumnReference' && isSystemColumn(item.expression.name))
  if (
    bound !== undefined &&
    step.window === null &&
    bound.expression.kind === 'ColumnReference' &&
    bound.expression.name.startsWith('WINDOW')
  )
    throw new SqlAnalysisError(`SELECT column '${bound.expression.name}' cannot be resolved.`, bound.original.at)
  if (odd.length > 0) throw notGrouped(odd)
}

function keyColumn(
  expression: ast.Expression,
  original: ast.Expression,
  generated: GeneratedNames,
  scope: StepScope,
): { column: Column; text: string } {
  if (expression.kind === 'ColumnReference' && expression.name.startsWith('WINDOW') && isSystemColumn(expression.name))
    throw new SqlAnalysisError(
      `Window bounds column ${expression.name} can only be used in the SELECT clause of windowed aggregations`,
      expression.at,
    )
  const { type } = compileExpression(expression, scope)
  if (type === null) throw new SqlAnalysisError('GROUP BY NULL has no type', expression.at)
  const name =
    expression.kind === 'ColumnReference'
      ? expression.name
      : expression.kind === 'Dereference'
        ? generated.field(expression.field)
        : generated.column()
  return { column: { name, type }, text: printExpression(original) }
}

function refuseWithoutUndo(calls: readonly { call: ast.FunctionCall; aggregator: { undo?: unknown } }[]): void {
  const names = [
    ...new Set(calls.filter(({ aggregator }) => aggregator.undo === undefined).map(({ call }) => call.name)),
  ]
  if (names.length === 0) return
  const last = names.at(-1)
  const text = names.length === 1 ? `function ${last}` : `functions ${names.slice(0, -1).join(', ')} and ${last}`
  throw new SqlAnalysisError(
    `The aggregation ${text} cannot be applied to a table source, only to a stream source.`,
    calls[0]?.call.at,
  )
}

function windowOf(clause: ast.WindowClause): AggregationWindow {
  const sizeMs = durationMs(clause.size)
  const graceMs = clause.grace === null ? Math.max(DEFAULT_OPEN_MS - sizeMs, 0) : durationMs(clause.grace)
  const advanceMs = clause.advance === null ? null : durationMs(clause.advance)
  if (sizeMs === 0) throw new SqlAnalysisError('The size of a window must be greater than zero', clause.at)
  if (advanceMs !== null && (advanceMs === 0 || advanceMs > sizeMs))
    throw new SqlAnalysisError('A hopping window must advance by more than zero and at most by its size', clause.at)
  const retentionMs = clause.retention === null ? null : durationMs(clause.retention)
  if (retentionMs !== null && retentionMs < sizeMs + graceMs && clause.grace !== null)
    throw new SqlAnalysisError(
      `RETENTION must be at least the size of the window and its GRACE PERIOD, ${sizeMs + graceMs} ms`,
      clause.at,
    )
  return { type: clause.type, sizeMs, advanceMs, graceMs, retentionMs }
}
function windowInfo(window: AggregationWindow): WindowInfo {
  return { type: window.type, sizeMs: window.type === 'SESSION' ? null : window.sizeMs }
}

function planHaving(
  planned: Planned,
  having: ast.Expression,
  rewritten: ast.Expression,
  step: AggregateStep,
  context: AnalysisContext,
): Planned {
  const known = new Set(step.schema.value.map(({ name }) => name))
  const odd = columnsOf(rewritten).find(({ name }) => !known.has(name))
  if (odd !== undefined)
    throw new SqlAnalysisError(`Non-aggregate HAVING expression not part of GROUP BY: ${odd.name}`, having.at)
  const bound = columnsOf(rewritten).find(({ name }) => WINDOW_BOUNDS.some(column => column.name === name))
  if (bound !== undefined)
    throw new SqlAnalysisError(
      `Window bounds column ${bound.name} can only be used in the SELECT clause of windowed aggregations`,
      having.at,
    )
  compileConditionAs(having, rewritten, step, context)
  return {
    ...planned,
    step: {
      kind: 'filter',
      type: 'TABLE',
      input: step,
      condition: printExpression(rewritten),
      schema: step.schema,
      context: 'HavingFilter',
    },
  }
}

/** Messages show the condition as it was written, not over the names of the aggregate's columns. */
function compileConditionAs(
  having: ast.Expression,
  rewritten: ast.Expression,
  step: AggregateStep,
  context: AnalysisContext,
): void {
  const scope = new StepScope(step.schema, context.functions, context.catalog.types)
  try {
    compileCondition(rewritten, scope, 'HAVING')
  } catch (error) {
    if (!(error instanceof SqlAnalysisError)) throw error
    const message = step.calls.reduce((text, call, index) => text.replaceAll(variable(index), call), error.message)
    throw new SqlAnalysisError(message, having.at)
  }
}
