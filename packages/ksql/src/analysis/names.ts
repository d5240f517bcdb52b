/** Which column a reference means. In a join every column is called `ALIAS_NAME` from the source step on. */
import type { ColumnReference, Location } from '../ast/nodes.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { type Column, isSystemColumn, PSEUDO_COLUMNS, WINDOW_BOUNDS } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'

export interface NamedSource {
  readonly alias: string
  readonly source: DataSource
}

export function atPlace(at: Location): string {
  return `Line: ${at.line}, Col: ${at.column}: `
}

/** Columns a source's rows carry, in the order of the source step's value. */
export function columnsOfSource(source: DataSource): Column[] {
  return [
    ...source.schema.value,
    ...source.schema.headers.map(({ name, type }) => ({ name, type })),
    ...PSEUDO_COLUMNS,
    ...source.schema.key,
    ...(source.window === null ? [] : WINDOW_BOUNDS),
  ]
}

export class SourceNames {
  constructor(
    readonly sources: readonly NamedSource[],
    /** Key columns that a join added and no source has. */
    private readonly synthetic: readonly string[] = [],
    private readonly isWindowing = false,
  ) {}

  withSynthetic(columns: readonly string[]): SourceNames {
    return new SourceNames(this.sources, columns, this.isWindowing)
  }
  /** For an aggregation that has windows of its own: their bounds are columns of what is selected. */
  withWindowBounds(): SourceNames {
    return new SourceNames(this.sources, this.synthetic, true)
  }

  get isJoin(): boolean {
    return this.sources.length > 1
  }
  /** What the column of a source is called in rows. */
  internal(alias: string, name: string): string {
    return this.isJoin ? `${alias}_${name}` : name
  }
  /** Throws SqlAnalysisError; `clause` starts the message: `SELECT`, `WHERE`, `JOIN ON`, … */
  resolve(reference: ColumnReference, clause: string): string {
    const { source: qualifier, name, at } = reference
    if (this.isWindowing && WINDOW_BOUNDS.some(bound => bound.name === name)) {
      if (clause === 'SELECT') return name
      throw new SqlAnalysisError(
        `Window bounds column ${name} can only be used in the SELECT clause of windowed aggregations`,
        at,
      )
    }
    if (qualifier !== null) {
      const found = this.sources.find(({ alias }) => alias === qualifier)
      if (found === undefined)
        throw new SqlAnalysisError(`'${qualifier}' is not a valid stream/table name or alias.`, at)
      if (!columnsOfSource(found.source).some(column => column.name === name)) throw this.unresolved(reference, clause)
      return this.internal(qualifier, name)
    }
    if (this.synthetic.includes(name)) return name
    const owners = this.sources.filter(({ source }) => columnsOfSource(source).some(column => column.name === name))
    if (owners.length > 1) {
      const choices = owners
        .map(({ alias }) => `${alias}.${name}`)
        .sort()
        .join(' or ')
      throw new SqlAnalysisError(`${atPlace(at)}Column '${name}' is ambiguous. Could be ${choices}.`, at)
    }
    const [owner] = owners
    if (owner === undefined) throw this.unresolved(reference, clause)
    return this.internal(owner.alias, name)
  }
  private unresolved({ source, name, at }: ColumnReference, clause: string): SqlAnalysisError {
    const text = source === null ? name : `${source}.${name}`
    const known = this.sources.flatMap(({ source: { schema } }) =>
      [...schema.key, ...schema.value].map(column => column.name),
    )
    const near = known.find(candidate => candidate.toUpperCase() === name.toUpperCase())
    const hint = near === undefined || isSystemColumn(name) ? '' : ` Did you mean \`${near}\`?`
    return new SqlAnalysisError(`${atPlace(at)}${clause} column '${text}' cannot be resolved.${hint}`, at)
  }
  /** What an unaliased reference is called in the result: prefixed only where several sources have the name. */
  outputName(internal: string): string {
    if (!this.isJoin) return internal
    for (const { alias, source } of this.sources) {
      const name = internal.startsWith(`${alias}_`) ? internal.slice(alias.length + 1) : null
      if (name === null || !columnsOfSource(source).some(column => column.name === name)) continue
      const owners = this.sources.filter(other => columnsOfSource(other.source).some(column => column.name === name))
      return owners.length > 1 ? internal : name
    }
    return internal
  }
}
