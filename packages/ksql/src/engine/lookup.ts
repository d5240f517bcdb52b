/** What a pull query's WHERE asks of a table's store: some keys, a range of keys, or all rows. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { columnsOf } from '../ast/visit.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { type Column, columnText, WINDOW_BOUNDS } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { implicitConversion } from '../expressions/coercion.ts'
import { compileExpression } from '../expressions/compile.ts'
import type { Scope } from '../expressions/scope.ts'
import { typeText } from '../types/sql-type.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'

/** It may find more rows than the condition allows, never fewer. */
export type Lookup =
  | { readonly kind: 'keys'; readonly keys: readonly Row[] }
  /** Of the one key column; both ends inclusive, null is open. */
  | { readonly kind: 'range'; readonly from: SqlValue; readonly to: SqlValue }
  | { readonly kind: 'scan' }

/** `ksql.query.pull.table.scan.enabled` and `ksql.query.pull.range.scan.enabled`. */
export interface ScanSettings {
  readonly tableScans: boolean
  readonly rangeScans: boolean
}

const SCAN: Lookup = { kind: 'scan' }
/** A condition with more alternatives than this is not taken apart. */
const MAX_DISJUNCTS = 1000
const RANGE_OPERATORS: ReadonlySet<string> = new Set(['<', '<=', '>', '>='])
const MIRRORED: Readonly<Record<string, ast.ComparisonOperator>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

interface KeyComparison {
  readonly column: Column
  readonly operator: ast.ComparisonOperator
  readonly value: SqlValue
}

/** `where` has its columns resolved. Throws SqlAnalysisError for a condition that the settings do not allow. */
export function lookupOf(
  where: ast.Expression | null,
  source: DataSource,
  scope: Scope,
  settings: ScanSettings,
): Lookup {
  const scanOr = (problem: string): Lookup => {
    if (settings.tableScans) return SCAN
    throw invalidWhere(problem, where?.at)
  }
  if (where === null) return scanOr('Missing WHERE clause')
  const disjuncts = disjunctsOf(where)
  if (disjuncts === null) return scanOr('The WHERE clause has too many alternatives')
  const found: KeyComparison[][] = []
  for (const conjuncts of disjuncts) {
    const comparisons = keyComparisons(conjuncts, source, scope)
    if (typeof comparisons === 'string') return scanOr(comparisons)
    if (comparisons.length === 0)
      return scanOr(`WHERE clause missing key column for disjunct: ${conjuncts.map(printExpression).join(' AND ')}`)
    const { key } = source.schema
    if (comparisons.length !== key.length)
      return scanOr(
        `Multi-column sources must specify every key in the WHERE clause. Specified: [${comparisons.map(({ column }) => `\`${column.name}\``).join(', ')}] Expected: [${key.map(column => `${columnText(column)} KEY`).join(', ')}]`,
      )
    found.push(comparisons)
  }
  if (found.flat().every(({ operator }) => operator === '='))
    return { kind: 'keys', keys: distinctKeys(found.map(comparisons => keyOf(comparisons, source))) }
  const [only] = found.length === 1 ? (found[0] as KeyComparison[]) : []
  if (only === undefined || source.schema.key.length > 1 || only.column.type.kind !== 'STRING' || !settings.rangeScans)
    return scanOr(
      'Query requires table scan to be enabled. Table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true',
    )
  const isLower = only.operator === '>' || only.operator === '>='
  return { kind: 'range', from: isLower ? only.value : null, to: isLower ? null : only.value }
}

/** The comparisons of key columns in one alternative, or why there is no such lookup. */
function keyComparisons(
  conjuncts: readonly ast.Expression[],
  source: DataSource,
  scope: Scope,
): KeyComparison[] | string {
  const found = new Map<string, KeyComparison>()
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'Comparison')
      return conjunct.kind === 'Like'
        ? 'Like condition must be between strings'
        : `Unsupported expression in WHERE clause: ${printExpression(conjunct)}`
    const { name, operator, other } = sidesOf(conjunct) ?? { name: null, operator: '=', other: conjunct }
    if (name === null || columnsOf(other).length > 0)
      return 'A comparison must be between a key column and a resolvable expression.'
    if (WINDOW_BOUNDS.some(bound => bound.name === name)) continue
    const column = source.schema.key.find(candidate => candidate.name === name)
    if (column === undefined) continue
    if (operator !== '=' && !RANGE_OPERATORS.has(operator))
      return `Unsupported comparison of the key column: ${printExpression(conjunct)}`
    if (found.has(name))
      return 'A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate'
    found.set(name, { column, operator, value: keyValue(other, column, scope) })
  }
  return [...found.values()]
}

/** The column first, whichever side it was written on. */
function sidesOf({
  left,
  right,
  operator,
}: ast.Comparison): { name: string; operator: ast.ComparisonOperator; other: ast.Expression } | null {
  if (left.kind === 'ColumnReference') return { name: left.name, operator, other: right }
  if (right.kind === 'ColumnReference')
    return { name: right.name, operator: MIRRORED[operator] ?? operator, other: left }
  return null
}

function keyValue(expression: ast.Expression, column: Column, scope: Scope): SqlValue {
  const { type, evaluate } = compileExpression(expression, scope)
  const convert = type === null ? null : implicitConversion(type, column.type)
  if (convert === null)
    throw invalidWhere(
      `${printExpression(expression)} can not be converted to the type of the key column: ${column.name} ${typeText(column.type)} KEY`,
      expression.at,
    )
  return convert(evaluate([], { onError: () => undefined }))
}

function keyOf(comparisons: readonly KeyComparison[], source: DataSource): Row {
  return source.schema.key.map(({ name }) => comparisons.find(({ column }) => column.name === name)?.value ?? null)
}
/** A row that two alternatives name is one row; a NULL is no key. */
function distinctKeys(keys: readonly Row[]): Row[] {
  const distinct = new Map<string, Row>()
  for (const key of keys)
    if (!key.includes(null)) distinct.set(key.map(value => `${typeof value}:${value}`).join('\n'), key)
  return [...distinct.values()]
}

/** The condition as alternatives of conjunctions; null when there are too many. IN is a list of alternatives. */
function disjunctsOf(node: ast.Expression): ast.Expression[][] | null {
  if (node.kind === 'In' && !node.negated)
    return node.list.map(right => [{ kind: 'Comparison', at: node.at, operator: '=', left: node.operand, right }])
  if (node.kind === 'Between' && !node.negated) {
    const { at, operand: left, lower, upper } = node
    return [
      [
        { kind: 'Comparison', at, operator: '>=', left, right: lower },
        { kind: 'Comparison', at, operator: '<=', left, right: upper },
      ],
    ]
  }
  if (node.kind !== 'Logical') return [[node]]
  const [left, right] = [disjunctsOf(node.left), disjunctsOf(node.right)]
  if (left === null || right === null) return null
  if (node.operator === 'OR') return left.length + right.length > MAX_DISJUNCTS ? null : [...left, ...right]
  if (left.length * right.length > MAX_DISJUNCTS) return null
  return left.flatMap(first => right.map(second => [...first, ...second]))
}

export function invalidWhere(problem: string, at: ast.Location | undefined): SqlAnalysisError {
  return new SqlAnalysisError(
    `${problem}${problem.endsWith('.') ? '' : '.'} See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.`,
    at,
  )
}
