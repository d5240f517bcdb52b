/** Table functions in the select list: a step below computes them, the list then refers to its columns. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { collect, rewrite } from '../ast/visit.ts'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { compileTableCall } from '../expressions/compile-table-call.ts'
import type { AnalysisContext, Planned } from './planned.ts'
import { columnReference, type SelectItem } from './select-items.ts'
import { StepScope } from './step-scope.ts'

export function planTableFunctions(
  planned: Planned,
  items: readonly SelectItem[],
  context: AnalysisContext,
): { planned: Planned; items: readonly SelectItem[] } {
  const isTableCall = (node: ast.Expression): node is ast.FunctionCall =>
    node.kind === 'FunctionCall' && context.functions.table(node.name) !== undefined
  const calls = items.flatMap(item => collect(item.expression, isTableCall))
  if (calls.length === 0) return { planned, items }
  if (planned.type === 'TABLE')
    throw new SqlAnalysisError('Table source is not supported with table functions', calls[0]!.at)
  const scope = new StepScope(planned.step.schema, context.functions, context.catalog.types)
  const columns: Column[] = calls.map((call, index) => {
    if (call.arguments.some(argument => collect(argument, isTableCall).length > 0))
      throw new SqlAnalysisError(`Table functions can not be nested: ${printExpression(call)}`, call.at)
    return { name: `KSQL_SYNTH_${index}`, type: compileTableCall(call, scope).type }
  })
  const { schema } = planned.step
  let next = 0
  const rewritten = items.map(item => ({
    ...item,
    expression: rewrite(item.expression, node =>
      isTableCall(node) ? columnReference(columns[next++]!.name, node.at) : undefined,
    ),
  }))
  return {
    planned: {
      ...planned,
      step: {
        kind: 'flatMap',
        input: planned.step,
        functions: calls.map(printExpression),
        schema: { key: schema.key, value: [...schema.value, ...columns] },
        context: 'FlatMap',
      },
    },
    items: rewritten,
  }
}
