/** A query that lives as long as its answer: what SHOW QUERIES lists besides the persistent ones, and what ends it. */
import type * as ast from '../ast/nodes.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { isEnabled, offsetReset, type Properties } from './properties.ts'

export class TransientQuery {
  private readonly ending = new AbortController()
  /** Aborts when the client leaves or somebody stops the query. */
  readonly signal: AbortSignal
  private hasStarted = false

  constructor(
    readonly id: string,
    readonly statement: string,
    private readonly query: ast.Query,
    client: AbortSignal,
  ) {
    this.signal = AbortSignal.any([client, this.ending.signal])
  }

  get kind(): 'PUSH' | 'PULL' {
    return this.query.emit === null ? 'PULL' : 'PUSH'
  }
  get state(): 'CREATED' | 'RUNNING' {
    return this.hasStarted ? 'RUNNING' : 'CREATED'
  }
  started(): void {
    this.hasStarted = true
  }
  stop(): void {
    this.ending.abort()
  }
}

/**
 * Whether ksqlDB would answer from the output of the query that feeds the source: the newest rows of one source,
 * only filtered and projected. Here it decides about nothing but the query's name.
 */
export function isScalable(query: ast.Query, source: DataSource, properties: Properties): boolean {
  const changesRows =
    query.joins.length > 0 ||
    query.window !== null ||
    query.groupBy !== null ||
    query.partitionBy !== null ||
    query.having !== null
  return (
    isEnabled(properties, 'ksql.query.push.v2.enabled') &&
    offsetReset(properties) === 'latest' &&
    source.queryId !== null &&
    !changesRows
  )
}
