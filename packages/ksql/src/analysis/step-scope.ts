import type { ColumnReference, TypeNode } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { Scope } from '../expressions/scope.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { StepSchema } from '../plan/steps.ts'
import type { SqlType } from '../types/sql-type.ts'
import { resolveType } from './resolve-type.ts'

/** The value columns of a step by their names: what expressions of the next step are compiled against. */
export class StepScope implements Scope {
  private readonly byName: ReadonlyMap<string, { index: number; type: SqlType }>

  constructor(
    schema: StepSchema,
    readonly functions: FunctionRegistry,
    private readonly customTypes: ReadonlyMap<string, SqlType>,
  ) {
    this.byName = new Map(schema.value.map(({ name, type }, index) => [name, { index, type }]))
  }
  column(reference: ColumnReference): { index: number; type: SqlType } {
    const found = this.byName.get(reference.name)
    if (found === undefined) throw new SqlAnalysisError(`column '${reference.name}' cannot be resolved.`, reference.at)
    return found
  }
  type(node: TypeNode): SqlType {
    return resolveType(node, this.customTypes)
  }
}
