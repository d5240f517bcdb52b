import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { DataSource } from './data-source.ts'

/** Names of a server: streams, tables and custom types. Immutable: every change gives a new catalogue. */
export class Catalog {
  static readonly EMPTY = new Catalog(new Map(), new Map())

  private constructor(
    readonly sources: ReadonlyMap<string, DataSource>,
    readonly types: ReadonlyMap<string, SqlType>,
  ) {}

  source(name: string): DataSource | undefined {
    return this.sources.get(name)
  }
  /** Throws SqlAnalysisError, with a hint when a name differs in case only. */
  existing(name: string): DataSource {
    const source = this.sources.get(name)
    if (source === undefined) throw new SqlAnalysisError(`${name} does not exist.${this.hint(name)}`)
    return source
  }
  /** `\nDid you mean "input"? …`, or nothing. */
  hint(name: string): string {
    const near = [...this.sources.keys()].filter(other => other !== name && other.toUpperCase() === name.toUpperCase())
    if (near.length === 0) return ''
    return `\nDid you mean ${near.map(other => `"${other}"`).join(' or ')}? Hint: wrap the source name in double quotes to make it case-sensitive.`
  }

  withSource(source: DataSource): Catalog {
    return new Catalog(new Map(this.sources).set(source.name, source), this.types)
  }
  withoutSource(name: string): Catalog {
    const sources = new Map(this.sources)
    sources.delete(name)
    return new Catalog(sources, this.types)
  }
  withType(name: string, type: SqlType): Catalog {
    return new Catalog(this.sources, new Map(this.types).set(name, type))
  }
  withoutType(name: string): Catalog {
    const types = new Map(this.types)
    types.delete(name)
    return new Catalog(this.sources, types)
  }
}
