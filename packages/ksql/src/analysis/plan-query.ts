/** A query as steps: sources, WHERE, table functions, PARTITION BY or GROUP BY, HAVING, select list. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { collect, rewrite, sameExpression } from '../ast/visit.ts'
import { type Column, isSystemColumn, type LogicalSchema } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { compileCondition, compileExpression } from '../expressions/compile.ts'
import type { Step, StepSchema } from '../plan/steps.ts'
import { typeText } from '../types/sql-type.ts'
import type { SourceNames } from './names.ts'
import { planAggregation } from './plan-aggregation.ts'
import { namesOf, planSources } from './plan-sources.ts'
import { planTableFunctions } from './plan-table-functions.ts'
import type { AnalysisContext, KeyColumn, KeyOrigin, Planned } from './planned.ts'
import { checkKeys } from './projection-keys.ts'
import {
  columnReference,
  expandSelect,
  GeneratedNames,
  refuseSystemNames,
  resolveColumns,
  type SelectItem,
  type StarExpansion,
} from './select-items.ts'
import { StepScope } from './step-scope.ts'

export interface PlannedQuery extends Planned {
  /** Of the result: key columns first, as the select list names them. */
  readonly schema: LogicalSchema
  readonly sources: readonly string[]
}

/** `sink` names the result of a persistent query; null for a query that is only answered. */
export function planQuery(query: ast.Query, context: AnalysisContext, sink: string | null): PlannedQuery {
  const sourceNames = namesOf(query, context)
  let planned = planSources(query, sourceNames, context)
  const names = sourceNames.withSynthetic(syntheticKeys(planned, sourceNames))
  if (query.where !== null) planned = planWhere(planned, query.where, names, context)

  const taken = names.sources.flatMap(({ source: { schema } }) =>
    [...schema.key, ...schema.value].map(({ name }) => name),
  )
  const generated = new GeneratedNames(taken)
  const calls = [
    ...query.select.flatMap(item => (item.kind === 'SelectExpression' ? aggregatesIn(item.expression, context) : [])),
  ]
  if (query.having !== null) calls.push(...aggregatesIn(query.having, context))

  if (query.groupBy !== null || calls.length > 0) {
    const result = planAggregation(query, planned, names, generated, context)
    return finish(result.planned, result.items, result.origin, sink, names, context)
  }
  if (query.window !== null) throw new SqlAnalysisError('WINDOW clause requires a GROUP BY clause.', query.window.at)
  if (query.having !== null) throw new SqlAnalysisError('HAVING clause requires a GROUP BY clause.', query.having.at)
  if (query.emit === 'FINAL')
    throw new SqlAnalysisError('EMIT FINAL is only supported for windowed aggregations.', query.at)

  let origin: KeyOrigin = names.isJoin ? 'join expression' : 'key column'
  if (query.partitionBy !== null) {
    planned = planPartitionBy(planned, query.partitionBy, names, generated, context)
    origin = 'partitioning expression'
  }
  const items = selectOver(query.select, planned, names, generated, sink !== null, context)
  const flat = planTableFunctions(planned, items, context)
  return finish(flat.planned, flat.items, origin, sink, names, context)
}

function syntheticKeys(planned: Planned, names: SourceNames): string[] {
  if (!names.isJoin) return []
  const owned = new Set(
    names.sources.flatMap(({ alias, source }) =>
      source.schema.key.concat(source.schema.value).map(({ name }) => names.internal(alias, name)),
    ),
  )
  return planned.step.schema.key.map(({ name }) => name).filter(name => !owned.has(name) && name.startsWith('ROWKEY'))
}

function aggregatesIn(expression: ast.Expression, context: AnalysisContext): ast.FunctionCall[] {
  return collect(
    expression,
    (node): node is ast.FunctionCall =>
      node.kind === 'FunctionCall' && context.functions.aggregate(node.name) !== undefined,
  )
}

function planWhere(planned: Planned, where: ast.Expression, names: SourceNames, context: AnalysisContext): Planned {
  const condition = resolveColumns(where, names, 'WHERE')
  compileCondition(condition, scopeOf(planned.step.schema, context), 'WHERE')
  const { schema } = planned.step
  return {
    ...planned,
    step: {
      kind: 'filter',
      type: planned.type,
      input: planned.step,
      condition: printExpression(condition),
      schema,
      context: 'WhereFilter',
    },
  }
}

function scopeOf(schema: StepSchema, context: AnalysisContext): StepScope {
  return new StepScope(schema, context.functions, context.catalog.types)
}

function planPartitionBy(
  planned: Planned,
  partitionBy: readonly ast.Expression[],
  names: SourceNames,
  generated: GeneratedNames,
  context: AnalysisContext,
): Planned {
  if (planned.type === 'TABLE')
    throw new SqlAnalysisError(
      'PARTITION BY clause is only supported for STREAM sources: use GROUP BY on a TABLE',
      partitionBy[0]?.at,
    )
  if (planned.window !== null)
    throw new SqlAnalysisError(
      'Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.',
      partitionBy[0]?.at,
    )
  if (partitionBy.length === 0) throw new SqlAnalysisError('PARTITION BY requires at least one expression')
  const expressions = partitionBy.map(expression => resolveColumns(expression, names, 'PARTITION BY'))
  const nulls = expressions.filter(expression => expression.kind === 'NullLiteral')
  if (nulls.length > 0 && expressions.length > 1)
    throw new SqlAnalysisError('Cannot PARTITION BY multiple columns including NULL', partitionBy[0]?.at)
  if (nulls.length > 0) expressions.length = 0
  const scope = scopeOf(planned.step.schema, context)
  const { value } = planned.step.schema
  const key: KeyColumn[] = []
  const columns: Column[] = []
  for (const [index, expression] of expressions.entries()) {
    const { type } = compileExpression(expression, scope)
    if (type === null) throw new SqlAnalysisError('PARTITION BY NULL has no type', expression.at)
    const name =
      expression.kind === 'ColumnReference'
        ? expression.name
        : expression.kind === 'Dereference'
          ? generated.field(expression.field)
          : generated.column()
    columns.push({ name, type })
    key.push({
      name,
      expressions: [expression, columnReference(name, expression.at)],
      text: [qualified(partitionBy[index]!, names)],
    })
  }
  const unchanged =
    key.length === planned.key.length && key.every((column, index) => column.name === planned.key[index]!.name)
  if (unchanged) return planned
  const copies = columns.filter(column => !value.some(({ name }) => name === column.name))
  return {
    ...planned,
    step: {
      kind: 'partitionBy',
      input: planned.step,
      expressions: expressions.map(printExpression),
      schema: { key: columns, value: [...value, ...copies] },
      context: 'PartitionBy',
    },
    keyFormat:
      columns.length === 0
        ? { name: 'NONE' }
        : planned.keyFormat.name === 'NONE'
          ? { name: 'KAFKA' }
          : planned.keyFormat,
    key,
  }
}

/** As messages show expressions of keys: a bare column as written, columns inside an expression with their source. */
function qualified(expression: ast.Expression, names: SourceNames): string {
  if (expression.kind === 'ColumnReference') return printExpression(expression)
  const owner = names.sources[0]!.alias
  return printExpression(
    rewrite(expression, node =>
      node.kind === 'ColumnReference' && node.source === null ? { ...node, source: owner } : undefined,
    ),
  )
}

/** The select list over a step's rows. */
function selectOver(
  select: readonly ast.SelectItem[],
  planned: Planned,
  names: SourceNames,
  generated: GeneratedNames,
  persistent: boolean,
  context: AnalysisContext,
): SelectItem[] {
  const { schema } = planned.step
  const star: StarExpansion = {
    columns: alias => starColumns(alias, planned, names, persistent),
    fields: expression => {
      const { type } = compileExpression(expression, scopeOf(schema, context))
      if (type?.kind !== 'STRUCT')
        throw new SqlAnalysisError(
          `Select expression '${printExpression(expression)}' is no STRUCT but ${type === null ? 'NULL' : typeText(type)}`,
          expression.at,
        )
      return type.fields.map(({ name }) => name)
    },
  }
  const items = expandSelect(select, names, generated, star)
  // An expression that is the key is the key's column from here on.
  return items.map(item => ({ ...item, expression: replaceKeyExpressions(item.expression, planned.key) }))
}

function replaceKeyExpressions(expression: ast.Expression, key: readonly KeyColumn[]): ast.Expression {
  return rewrite(expression, node => {
    if (node.kind === 'ColumnReference') return undefined
    const column = key.find(({ expressions }) => expressions.some(candidate => sameExpression(candidate, node)))
    return column === undefined ? undefined : columnReference(column.name, node.at)
  })
}

function starColumns(alias: string | null, planned: Planned, names: SourceNames, persistent: boolean): string[] {
  if (alias !== null && !names.sources.some(source => source.alias === alias))
    throw new SqlAnalysisError(`'${alias}' is not a valid stream/table name or alias.`)
  const { schema } = planned.step
  const visible = (name: string): boolean => {
    const plain = names.isJoin ? names.sources.find(source => name.startsWith(`${source.alias}_`)) : undefined
    const bare = plain === undefined ? name : name.slice(plain.alias.length + 1)
    if (!isSystemColumn(bare)) return true
    return !persistent && bare.startsWith('WINDOW')
  }
  if (!names.isJoin) {
    const key = schema.key.map(({ name }) => name)
    const bounds = schema.value.map(({ name }) => name).filter(name => visible(name) && isSystemColumn(name))
    const rest = schema.value.map(({ name }) => name).filter(name => !key.includes(name) && !isSystemColumn(name))
    return [...key, ...bounds, ...rest]
  }
  const columns = names.sources
    .filter(source => alias === null || source.alias === alias)
    .flatMap(({ alias: owner, source }) =>
      [...source.schema.key, ...source.schema.value].map(({ name }) => names.internal(owner, name)),
    )
  // A synthetic key belongs to no source: only a bare star shows it.
  const synthetic = schema.key
    .map(({ name }) => name)
    .filter(name => alias === null && !columns.includes(name) && name.startsWith('ROWKEY'))
  return [...synthetic, ...columns]
}

/** Splits the select list into key and value, checks it and puts the last step on. */
function finish(
  planned: Planned,
  items: readonly SelectItem[],
  origin: KeyOrigin,
  sink: string | null,
  names: SourceNames,
  context: AnalysisContext,
): PlannedQuery {
  const scope = scopeOf(planned.step.schema, context)
  const typed = items.map(item => {
    const { type } = withPrefix('Invalid Select: ', item, () => compileExpression(item.expression, scope))
    if (type === null)
      throw new SqlAnalysisError(
        'Can not infer the type of NULL: cast it, as in CAST(NULL AS STRING)',
        item.original.at,
      )
    return { ...item, type }
  })
  if (sink !== null) refuseSystemNames(items)
  const keyItems = sink === null ? [] : checkKeys(planned.key, items, origin, sink)
  const keyNames = new Map(keyItems.map(({ key, item }) => [key.name, item.name]))
  const valueItems = sink === null ? typed : typed.filter(item => !keyItems.some(key => key.item.name === item.name))
  if (sink !== null && valueItems.length === 0) throw new SqlAnalysisError('The projection contains no value columns.')
  const key = planned.step.schema.key.map(({ name, type }) => ({ name: keyNames.get(name) ?? name, type }))
  const value = valueItems.map(({ name, type }) => ({ name, type }))
  const step: Step = {
    kind: 'select',
    type: planned.type,
    input: planned.step,
    columns: valueItems.map(({ name, expression }) => ({ name, expression: printExpression(expression) })),
    schema: { key, value },
    context: 'Project',
  }
  return {
    ...planned,
    step,
    schema: { key, value, headers: [] },
    sources: names.sources.map(({ source }) => source.name),
  }
}

function withPrefix<T>(prefix: string, item: SelectItem, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof SqlAnalysisError)) throw error
    throw new SqlAnalysisError(prefix + error.message, error.at ?? item.original.at)
  }
}
