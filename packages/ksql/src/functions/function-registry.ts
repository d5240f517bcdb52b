import type { AggregateFunction } from './aggregate-function.ts'
import type { ScalarFunction } from './scalar-function.ts'
import type { TableFunction } from './table-function.ts'

/** The functions a statement may call, by name in any case. A name belongs to one kind. */
export class FunctionRegistry {
  private readonly scalars = new Map<string, ScalarFunction>()
  private readonly aggregates = new Map<string, AggregateFunction>()
  private readonly tables = new Map<string, TableFunction>()

  constructor(
    scalars: readonly ScalarFunction[],
    aggregates: readonly AggregateFunction[] = [],
    tables: readonly TableFunction[] = [],
  ) {
    for (const one of scalars) this.scalars.set(one.name.toUpperCase(), one)
    for (const one of aggregates) this.aggregates.set(one.name.toUpperCase(), one)
    for (const one of tables) this.tables.set(one.name.toUpperCase(), one)
  }

  scalar(name: string): ScalarFunction | undefined {
    return this.scalars.get(name.toUpperCase())
  }
  aggregate(name: string): AggregateFunction | undefined {
    return this.aggregates.get(name.toUpperCase())
  }
  table(name: string): TableFunction | undefined {
    return this.tables.get(name.toUpperCase())
  }
  /** All functions, their names in capitals, sorted by name. */
  list(): { name: string; category: string; kind: 'SCALAR' | 'AGGREGATE' | 'TABLE' }[] {
    return [
      ...[...this.scalars].map(([name, { category }]) => ({ name, category, kind: 'SCALAR' as const })),
      ...[...this.aggregates.keys()].map(name => ({ name, category: 'AGGREGATE', kind: 'AGGREGATE' as const })),
      ...[...this.tables.keys()].map(name => ({ name, category: 'TABLE', kind: 'TABLE' as const })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
