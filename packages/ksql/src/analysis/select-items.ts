/** The select list: stars become columns, unaliased expressions get names, references become column names. */
import type * as ast from '../ast/nodes.ts'
import { rewrite } from '../ast/visit.ts'
import { isSystemColumn } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { SourceNames } from './names.ts'

export interface SelectItem {
  readonly name: string
  /** Over column names of rows. */
  readonly expression: ast.Expression
  /** As written, for messages. */
  readonly original: ast.Expression
}

/** Counts generated names: `KSQL_COL_0`, … over generated ones only, skipping what the sources already call a column. */
export class GeneratedNames {
  private next = 0
  private readonly taken: Set<string>
  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken)
  }
  column(): string {
    let name: string
    do name = `KSQL_COL_${this.next++}`
    while (this.taken.has(name))
    this.taken.add(name)
    return name
  }
  /** A struct dereference is called as its field, with a number where that is taken. */
  field(name: string): string {
    let candidate = name
    for (let n = 1; this.taken.has(candidate); n++) candidate = `${name}_${n}`
    this.taken.add(candidate)
    return candidate
  }
}

export interface StarExpansion {
  /** Columns of `*` or `alias.*`, by their names in rows. Throws SqlAnalysisError for an unknown alias. */
  columns(alias: string | null): readonly string[]
  /** Fields of `expression->*`. Throws SqlAnalysisError when it is no struct. */
  fields(expression: ast.Expression): readonly string[]
}

export function expandSelect(
  items: readonly ast.SelectItem[],
  names: SourceNames,
  generated: GeneratedNames,
  star: StarExpansion,
): SelectItem[] {
  const result: SelectItem[] = []
  for (const item of items) {
    switch (item.kind) {
      case 'SelectAll':
        for (const column of star.columns(item.source)) {
          const reference = columnReference(column, item.at)
          result.push({ name: column, expression: reference, original: reference })
        }
        break
      case 'SelectStructAll': {
        const base = resolveColumns(item.base, names, 'SELECT')
        for (const field of star.fields(base))
          result.push({
            name: generated.field(field),
            expression: { kind: 'Dereference', at: item.at, base, field },
            original: { kind: 'Dereference', at: item.at, base: item.base, field },
          })
        break
      }
      case 'SelectExpression': {
        const expression = resolveColumns(item.expression, names, 'SELECT')
        const name = item.alias ?? nameOf(expression, names, generated)
        result.push({ name, expression, original: item.expression })
      }
    }
  }
  const seen = new Set<string>()
  for (const { name, original } of result) {
    if (seen.has(name))
      throw new SqlAnalysisError(`The projection contains duplicate column names: \`${name}\``, original.at)
    seen.add(name)
  }
  return result
}

function nameOf(expression: ast.Expression, names: SourceNames, generated: GeneratedNames): string {
  if (expression.kind === 'ColumnReference') return names.outputName(expression.name)
  return expression.kind === 'Dereference' ? generated.field(expression.field) : generated.column()
}

export function columnReference(name: string, at: ast.Location): ast.ColumnReference {
  return { kind: 'ColumnReference', at, source: null, name }
}

/** Every reference becomes the name its column has in rows; parameters of lambdas stay. */
export function resolveColumns(expression: ast.Expression, names: SourceNames, clause: string): ast.Expression {
  return rewriteOutsideLambdas(expression, [], reference =>
    columnReference(names.resolve(reference, clause), reference.at),
  )
}

function rewriteOutsideLambdas(
  expression: ast.Expression,
  parameters: readonly string[],
  replace: (reference: ast.ColumnReference) => ast.Expression,
): ast.Expression {
  return rewrite(expression, node => {
    if (node.kind === 'Lambda')
      return { ...node, body: rewriteOutsideLambdas(node.body, [...parameters, ...node.parameters], replace) }
    if (node.kind !== 'ColumnReference') return undefined
    return node.source === null && parameters.includes(node.name) ? node : replace(node)
  })
}

/** Names of results may not be those of system columns. */
export function refuseSystemNames(items: readonly SelectItem[]): void {
  for (const { name, original } of items) {
    if (!isSystemColumn(name)) continue
    throw new SqlAnalysisError(
      original.kind === 'ColumnReference' && original.name === name
        ? `Reserved column name in select: \`${name}\`. Please remove or alias the column.`
        : `\`${name}\` is a reserved column name. You cannot use it as an alias for a column.`,
      original.at,
    )
  }
}
