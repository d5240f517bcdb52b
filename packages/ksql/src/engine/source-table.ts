/** `CREATE SOURCE TABLE`: a query without a sink keeps the table's rows so that pull queries find them. */
import { SourceNames } from '../analysis/names.ts'
import { sourceStep } from '../analysis/plan-sources.ts'
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
  const named = { alias: source.name, source }
  const root = sourceStep(named, new SourceNames([named]))
  return { queryId: source.queryId, root, sources: [source.name] }
}

export function isMaterializedSource({ kind, readOnly }: DataSource): boolean {
  return kind === 'TABLE' && readOnly
}
