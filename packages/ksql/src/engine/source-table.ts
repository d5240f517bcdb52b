/** `CREATE SOURCE TABLE`: a query without a sink keeps the table's rows so that pull queries find them. */
import { columnsOfSource } from '../analysis/names.ts'
import type { DataSource } from '../catalog/data-source.ts'
import type { SourceStep } from '../plan/steps.ts'

export interface SourceTablePlan {
  readonly queryId: string
  readonly root: SourceStep
  readonly sources: readonly string[]
}

/** Null for sources that keep no rows of their own. */
export function sourceTablePlan(source: DataSource): SourceTablePlan | null {
  if (!isMaterializedSource(source) || source.queryId === null) return null
  const root: SourceStep = {
    kind: 'source',
    type: source.kind,
    topic: source.topic,
    sourceSchema: source.schema,
    formats: { key: source.keyFormat, value: source.valueFormat },
    window: source.window,
    timestamp: source.timestamp,
    schema: { key: source.schema.key, value: columnsOfSource(source) },
    context: 'KsqlTopic',
  }
  return { queryId: source.queryId, root, sources: [source.name] }
}

export function isMaterializedSource({ kind, readOnly }: DataSource): boolean {
  return kind === 'TABLE' && readOnly
}
