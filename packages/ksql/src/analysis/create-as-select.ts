/** `CREATE … AS SELECT` and `INSERT INTO … SELECT`: a plan and, for the former, the source it feeds. */
import type * as ast from '../ast/nodes.ts'
import { printExpression, printName } from '../ast/print.ts'
import type { DataSource, FormatInfo } from '../catalog/data-source.ts'
import { type Column, type LogicalSchema, schemaText } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { implicitConversion } from '../expressions/coercion.ts'
import { compileAggregateCall } from '../expressions/compile-aggregate-call.ts'
import { checkFormatHolds, checkKeyTypes, rulesOf } from '../formats/format-rules.ts'
import { parseExpression } from '../parser/parse.ts'
import type { QueryPlan, SelectStep, Step } from '../plan/steps.ts'
import { type SqlType, sameType } from '../types/sql-type.ts'
import { checkTimestamp, checkWrapping } from './create-source.ts'
import { atPlace } from './names.ts'
import { planQuery } from './plan-query.ts'
import type { AnalysisContext } from './planned.ts'
import { StepScope } from './step-scope.ts'
import { parseProperties, type SourceProperties } from './with-properties.ts'

export interface CreatedQuery {
  readonly source: DataSource
  readonly properties: SourceProperties
  readonly plan: QueryPlan
}

export function analyseCreateAsSelect(
  statement: ast.CreateAsSelect,
  text: string,
  queryId: string,
  context: AnalysisContext,
): CreatedQuery {
  if (statement.query.limit !== null)
    throw new SqlAnalysisError(
      `CREATE ${statement.type} AS SELECT statements don't support LIMIT clause.`,
      statement.query.at,
    )
  const planned = planQuery(statement.query, context, statement.name)
  if (planned.type !== statement.type)
    throw new SqlAnalysisError(
      `Invalid result type. Your SELECT query produces a ${planned.type}. Please use CREATE ${planned.type} AS SELECT statement instead.`,
      statement.at,
    )
  const properties = parseProperties(statement.properties, { keyFormat: null, valueFormat: null })
  const { schema } = planned
  if (properties.keyFormat !== null && schema.key.length === 0 && properties.keyFormat.name !== 'NONE')
    throw new SqlAnalysisError('Key format specified for stream without key columns.', statement.at)
  const keyFormat =
    schema.key.length === 0 ? { name: 'NONE' as const } : (properties.keyFormat ?? inherited(planned.keyFormat))
  const valueFormat = properties.valueFormat ?? inheritedValue(planned.valueFormat, statement)
  checkKeyTypes(schema.key)
  checkIntermediates(planned.step, valueFormat, context)
  const described = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      if (!(error instanceof SqlAnalysisError)) throw error
      throw new SqlAnalysisError(`${error.message}\nStatement: ${text}`, statement.at)
    }
  }
  described(() => checkFormatHolds(keyFormat, schema.key, 'Key', true))
  described(() => checkFormatHolds(valueFormat, schema.value, 'Value', false))
  checkWrapping(valueFormat, schema.value)
  checkTimestamp(properties, schema)
  const topic = properties.topic ?? statement.name
  const source: DataSource = {
    kind: statement.type,
    name: statement.name,
    topic,
    schema,
    keyFormat,
    valueFormat,
    window: planned.window,
    timestamp: properties.timestamp,
    readOnly: false,
    queryId,
    sql: text,
  }
  return { source, properties, plan: planOf(queryId, source, planned.step, planned.sources) }
}

/** The value format also holds what aggregates keep between rows. */
function checkIntermediates(step: Step, format: FormatInfo, context: AnalysisContext): void {
  if (step.kind === 'aggregate') {
    const scope = new StepScope(step.input.schema, context.functions, context.catalog.types)
    const columns = step.calls.map((text, index) => ({
      name: `A${index}`,
      type: compileAggregateCall(parseExpression(text) as ast.FunctionCall, scope).aggregator.intermediate,
    }))
    if (canHold(format, columns)) return
    throw new SqlAnalysisError(
      'One of the functions used in the statement has an intermediate type that the value format can not handle. Please remove the function or change the format.',
    )
  }
  if ('input' in step) checkIntermediates(step.input, format, context)
}
function canHold(format: FormatInfo, columns: readonly Column[]): boolean {
  return rulesOf(format).types === null || columns.every(({ type }) => rulesOf(format).types?.has(type.kind))
}

/** What belongs to the source's own topic is not inherited by the sink. */
function inherited(format: FormatInfo): FormatInfo {
  const { schemaId: _, fullSchemaName: __, wrapping: ___, ...rest } = format
  return rest
}
function inheritedValue(format: FormatInfo, statement: ast.CreateAsSelect): FormatInfo {
  const wrap = parseWrapping(statement)
  if (wrap === null) return inherited(format)
  const rules = rulesOf(format)
  if (wrap ? !rules.canWrap : !rules.canUnwrap)
    throw new SqlAnalysisError(
      `Format '${rules.name}' does not support 'WRAP_SINGLE_VALUE' set to '${wrap}'.`,
      statement.at,
    )
  return { ...inherited(format), wrapping: wrap ? 'WRAP' : 'UNWRAP' }
}
function parseWrapping(statement: ast.CreateAsSelect): boolean | null {
  const property = statement.properties.find(({ name }) => name.toUpperCase() === 'WRAP_SINGLE_VALUE')
  return property?.value.kind === 'BooleanLiteral' ? property.value.value : null
}

function planOf(queryId: string, sink: DataSource, root: Step, sources: readonly string[]): QueryPlan {
  return {
    queryId,
    root,
    sources,
    sink: {
      name: sink.name,
      type: sink.kind,
      topic: sink.topic,
      schema: sink.schema,
      formats: { key: sink.keyFormat, value: sink.valueFormat },
      window: sink.window,
      timestamp: sink.timestamp,
    },
  }
}

export function analyseInsertInto(
  statement: ast.InsertIntoSelect,
  queryId: string,
  context: AnalysisContext,
): QueryPlan {
  const target = context.catalog.source(statement.target)
  if (target === undefined) {
    const at = { ...statement.at, column: statement.at.column + 'INSERT INTO '.length }
    throw new SqlAnalysisError(`${atPlace(at)}Source \`${statement.target}\` does not exist.`, at)
  }
  if (target.kind === 'TABLE')
    throw new SqlAnalysisError(
      `INSERT INTO can only be used to insert into a stream. ${target.name} is a table.`,
      statement.at,
    )
  if (target.schema.headers.length > 0)
    throw new SqlAnalysisError(`Cannot insert into ${target.name} because it has header columns`, statement.at)
  if (target.readOnly) throw new SqlAnalysisError(`Cannot insert into read-only stream: ${target.name}`, statement.at)
  const planned = planQuery(statement.query, context, statement.target)
  if (planned.type === 'TABLE')
    throw new SqlAnalysisError(
      `INSERT INTO can only be used to insert into a stream: the query produces a table`,
      statement.at,
    )
  return planOf(queryId, target, coerced(planned.step as SelectStep, planned.schema, target.schema), planned.sources)
}

/** The select list with casts to the sink's types, where those widen only. */
function coerced(step: SelectStep, result: LogicalSchema, sink: LogicalSchema): SelectStep {
  const problem = (): SqlAnalysisError =>
    new SqlAnalysisError(
      `Incompatible schema between results and sink.\nResult schema is ${schemaText(result)}\nSink schema is ${schemaText(sink)}`,
    )
  if (result.key.length !== sink.key.length || result.value.length !== sink.value.length) throw problem()
  for (const [index, column] of sink.key.entries())
    if (result.key[index]!.name !== column.name || !sameType(result.key[index]!.type, column.type)) throw problem()
  const columns = sink.value.map((column, index) => {
    const from = result.value[index]!
    if (from.name !== column.name || !widens(from.type, column.type)) throw problem()
    const { name, expression } = step.columns[index]!
    return sameType(from.type, column.type)
      ? { name, expression }
      : { name, expression: `CAST(${printExpression(parseExpression(expression))} AS ${typeSql(column.type)})` }
  })
  return { ...step, columns, schema: { key: step.schema.key, value: sink.value } }
}

const NUMBERS: readonly SqlType['kind'][] = ['INTEGER', 'BIGINT', 'DECIMAL', 'DOUBLE']

/** A number goes into any wider kind of number; one that does not fit its digits becomes NULL. */
function widens(from: SqlType, to: SqlType): boolean {
  if (implicitConversion(from, to) !== null) return true
  const [narrow, wide] = [NUMBERS.indexOf(from.kind), NUMBERS.indexOf(to.kind)]
  return narrow >= 0 && wide >= narrow
}

function typeSql(type: SqlType): string {
  switch (type.kind) {
    case 'ARRAY':
      return `ARRAY<${typeSql(type.element)}>`
    case 'MAP':
      return `MAP<${typeSql(type.key)}, ${typeSql(type.value)}>`
    case 'STRUCT':
      return `STRUCT<${type.fields.map(field => `${printName(field.name)} ${typeSql(field.type)}`).join(', ')}>`
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`
    default:
      return type.kind
  }
}
