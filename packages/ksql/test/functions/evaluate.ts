/** Expressions over no columns, with a clock and a random source that stand still. */
import { resolveType } from '../../src/analysis/resolve-type.ts'
import { SqlAnalysisError } from '../../src/errors/sql-analysis-error.ts'
import { compileExpression } from '../../src/expressions/compile.ts'
import { compileAggregateCall } from '../../src/expressions/compile-aggregate-call.ts'
import { compileTableCall } from '../../src/expressions/compile-table-call.ts'
import type { Scope } from '../../src/expressions/scope.ts'
import { writerOf } from '../../src/formats/json.ts'
import type { Aggregator } from '../../src/functions/aggregate-function.ts'
import { builtInFunctions } from '../../src/functions/built-in.ts'
import { parseExpression } from '../../src/parser/parse.ts'
import { type SqlType, typeText } from '../../src/types/sql-type.ts'
import type { SqlValue } from '../../src/types/sql-value.ts'

export const NOW_MS = Date.UTC(2024, 1, 29, 12)

export const functions = builtInFunctions({
  clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 },
  random: { next: () => 0.25, integer: () => 0, bytes: length => new Uint8Array(length) },
})

function scopeOf(columns: readonly (readonly [string, SqlType])[] = []): Scope {
  return {
    functions,
    type: node => resolveType(node, new Map()),
    column: ({ name, at }) => {
      const index = columns.findIndex(column => column[0] === name)
      if (index < 0) throw new SqlAnalysisError(`unknown column ${name}`, at)
      return { index, type: columns[index]![1] }
    },
  }
}

/** The value as JSON. Null and the error when the expression fails. */
export function evaluate(text: string): { readonly json: string; readonly type: string; readonly errors: string[] } {
  const errors: string[] = []
  const { type, evaluate: run } = compileExpression(parseExpression(text), scopeOf())
  const value = ((): SqlValue => {
    try {
      return run([], { onError: error => errors.push(error.message) })
    } catch (error) {
      errors.push((error as Error).message)
      return null
    }
  })()
  const json = type === null ? 'null' : writerOf(type)(value)
  return { json, type: type === null ? 'NULL' : typeText(type), errors }
}

/** An aggregate over columns A and B of these types. */
export function aggregator(call: string, ...types: SqlType[]): Aggregator {
  const columns = types.map((type, index) => [index === 0 ? 'A' : 'B', type] as const)
  const node = parseExpression(call)
  if (node.kind !== 'FunctionCall') throw new TypeError(`${call} is no call`)
  return compileAggregateCall(node, scopeOf(columns)).aggregator
}
export function fold(aggregate: Aggregator, rows: readonly (readonly SqlValue[])[]): SqlValue {
  return rows.reduce((state, row) => aggregate.add(state, row), aggregate.initial())
}

export function explode(call: string): string[] {
  const node = parseExpression(call)
  if (node.kind !== 'FunctionCall') throw new TypeError(`${call} is no call`)
  const compiled = compileTableCall(node, scopeOf())
  const errors: Error[] = []
  const rows = compiled.evaluate([], { onError: error => errors.push(error) }).map(writerOf(compiled.type))
  if (errors.length > 0) throw errors[0]
  return rows
}
