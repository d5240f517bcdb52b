/** `INSERT INTO … VALUES`: one record for a source's topic. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { isSystemColumn, ROWTIME } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { castOf } from '../expressions/cast.ts'
import { implicitConversion } from '../expressions/coercion.ts'
import { compileExpression } from '../expressions/compile.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import { BIGINT, type SqlType, typeText } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { StepScope } from './step-scope.ts'

export interface InsertedRow {
  readonly target: DataSource
  readonly key: readonly SqlValue[]
  readonly value: readonly SqlValue[]
  /** Null: now. */
  readonly timestampMs: number | null
}

/** Throws SqlAnalysisError for an unknown or read-only target, wrong columns or values that do not fit. */
export function analyseInsertValues(
  statement: ast.InsertValues,
  catalog: Catalog,
  functions: FunctionRegistry,
): InsertedRow {
  const target = catalog.source(statement.target)
  if (target === undefined)
    throw new SqlAnalysisError(
      `Cannot insert values into an unknown stream/table: \`${statement.target}\`${catalog.hint(statement.target)}`,
      statement.at,
    )
  const kind = target.kind.toLowerCase()
  if (target.readOnly)
    throw new SqlAnalysisError(`Cannot insert values into read-only ${kind}: ${target.name}`, statement.at)
  if (target.window !== null)
    throw new SqlAnalysisError('Cannot insert values into windowed stream or table!', statement.at)
  const { schema } = target
  const columns = [...schema.key, ...schema.value]
  if (statement.columns === null && schema.headers.length > 0 && statement.values.length > columns.length)
    throw new SqlAnalysisError(
      `Cannot insert into HEADER columns: ${schema.headers.map(({ name }) => name).join(', ')}`,
      statement.at,
    )
  const names = statement.columns ?? columns.map(({ name }) => name)
  const headers = names.filter(name => schema.headers.some(column => column.name === name))
  if (headers.length > 0)
    throw new SqlAnalysisError(`Cannot insert into HEADER columns: ${headers.join(', ')}`, statement.at)
  if (names.length !== statement.values.length)
    throw new SqlAnalysisError(
      statement.columns === null
        ? `Expected a value for each column. Expected Columns: [${names.map(name => `\`${name}\``).join(', ')}]. Got [${statement.values.map(printExpression).join(', ')}]`
        : `Expected number columns and values to match: [${names.map(name => `\`${name}\``).join(', ')}], [${statement.values.map(printExpression).join(', ')}]`,
      statement.at,
    )
  const unknown = names.filter(name => name !== ROWTIME && !columns.some(column => column.name === name))
  if (unknown.length > 0)
    throw new SqlAnalysisError(
      isSystemColumn(unknown[0] as string)
        ? `Inserting into column \`${unknown[0]}\` is not allowed.`
        : `Column name${unknown.length > 1 ? 's' : ''} ${unknown.map(name => `\`${name}\``).join(', ')} do${unknown.length > 1 ? '' : 'es'} not exist.`,
      statement.at,
    )
  const scope = new StepScope({ key: [], value: [] }, functions, catalog.types)
  const valueFor = (name: string, type: SqlType): SqlValue => {
    const index = names.indexOf(name)
    const expression = statement.values[index]
    return expression === undefined ? null : evaluate(expression, name, type, scope)
  }
  const timestamp = valueFor(ROWTIME, BIGINT)
  const row = columns.map(({ name, type }) => valueFor(name, type))
  const key = row.slice(0, schema.key.length)
  if (target.kind === 'TABLE' && key.includes(null))
    throw new SqlAnalysisError(
      `Failed to insert values into '${target.name}'. Value for primary key column(s) ${schema.key.map(({ name }) => name).join(', ')} is required for tables`,
      statement.at,
    )
  return {
    target,
    key,
    value: row.slice(schema.key.length),
    timestampMs: timestamp === null ? null : Number(timestamp),
  }
}

function evaluate(expression: ast.Expression, name: string, type: SqlType, scope: StepScope): SqlValue {
  const compiled = compileExpression(expression, scope)
  if (compiled.type === null) return null
  const value = compiled.evaluate([], {
    onError(error) {
      throw new SqlAnalysisError(error.message, expression.at)
    },
  })
  const convert =
    implicitConversion(compiled.type, type) ??
    (convertsByCast(compiled.type, type) ? castOf(compiled.type, type) : null)
  const problem = `Expected type ${typeText(type)} for field ${`\`${name}\``} but got ${typeText(compiled.type)}(${printExpression(expression)})`
  if (convert === null) throw new SqlAnalysisError(problem, expression.at)
  try {
    return convert(value)
  } catch (error) {
    throw new SqlAnalysisError(`${problem}: ${(error as Error).message}`, expression.at)
  }
}

/** Numbers take the scale of a DECIMAL column; texts become times and bytes. */
function convertsByCast(from: SqlType, to: SqlType): boolean {
  if (to.kind === 'DECIMAL') return from.kind === 'DECIMAL' || from.kind === 'STRING' || from.kind === 'DOUBLE'
  if (from.kind === 'STRING')
    return to.kind !== 'STRING' && to.kind !== 'ARRAY' && to.kind !== 'MAP' && to.kind !== 'STRUCT'
  return false
}
