/** Walking and rewriting expressions. */
import type { Expression } from './nodes.ts'
import { printExpression } from './print.ts'

export function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'FunctionCall':
      return node.arguments
    case 'Lambda':
      return [node.body]
    case 'Arithmetic':
    case 'Comparison':
    case 'Logical':
      return [node.left, node.right]
    case 'Sign':
    case 'Not':
    case 'IsNull':
    case 'Cast':
      return [node.operand]
    case 'Between':
      return [node.operand, node.lower, node.upper]
    case 'In':
      return [node.operand, ...node.list]
    case 'Like':
      return [node.operand, node.pattern]
    case 'Case': {
      const branches = node.when.flatMap(({ condition, result }) => [condition, result])
      return [
        ...(node.operand === null ? [] : [node.operand]),
        ...branches,
        ...(node.otherwise === null ? [] : [node.otherwise]),
      ]
    }
    case 'Subscript':
      return [node.base, node.index]
    case 'Dereference':
      return [node.base]
    case 'CreateArray':
      return node.elements
    case 'CreateMap':
      return node.entries.flatMap(({ key, value }) => [key, value])
    case 'CreateStruct':
      return node.fields.map(({ value }) => value)
    default:
      return []
  }
}

/** A copy in which `replace` stands for every node it gives an answer for, outermost first. */
export function rewrite(node: Expression, replace: (node: Expression) => Expression | undefined): Expression {
  const replaced = replace(node)
  if (replaced !== undefined) return replaced
  const go = (child: Expression): Expression => rewrite(child, replace)
  switch (node.kind) {
    case 'FunctionCall':
      return { ...node, arguments: node.arguments.map(go) }
    case 'Lambda':
      return {
        ...node,
        body: rewrite(node.body, inner => (isParameter(inner, node.parameters) ? inner : replace(inner))),
      }
    case 'Arithmetic':
      return { ...node, left: go(node.left), right: go(node.right) }
    case 'Comparison':
      return { ...node, left: go(node.left), right: go(node.right) }
    case 'Logical':
      return { ...node, left: go(node.left), right: go(node.right) }
    case 'Sign':
      return { ...node, operand: go(node.operand) }
    case 'Not':
      return { ...node, operand: go(node.operand) }
    case 'IsNull':
      return { ...node, operand: go(node.operand) }
    case 'Cast':
      return { ...node, operand: go(node.operand) }
    case 'Between':
      return { ...node, operand: go(node.operand), lower: go(node.lower), upper: go(node.upper) }
    case 'In':
      return { ...node, operand: go(node.operand), list: node.list.map(go) }
    case 'Like':
      return { ...node, operand: go(node.operand), pattern: go(node.pattern) }
    case 'Case':
      return {
        ...node,
        operand: node.operand === null ? null : go(node.operand),
        when: node.when.map(({ condition, result }) => ({ condition: go(condition), result: go(result) })),
        otherwise: node.otherwise === null ? null : go(node.otherwise),
      }
    case 'Subscript':
      return { ...node, base: go(node.base), index: go(node.index) }
    case 'Dereference':
      return { ...node, base: go(node.base) }
    case 'CreateArray':
      return { ...node, elements: node.elements.map(go) }
    case 'CreateMap':
      return { ...node, entries: node.entries.map(({ key, value }) => ({ key: go(key), value: go(value) })) }
    case 'CreateStruct':
      return { ...node, fields: node.fields.map(({ name, value }) => ({ name, value: go(value) })) }
    default:
      return node
  }
}
function isParameter(node: Expression, parameters: readonly string[]): boolean {
  return node.kind === 'ColumnReference' && node.source === null && parameters.includes(node.name)
}

/** All nodes that `test` holds for, outermost first; does not look inside one it found. */
export function collect<T extends Expression>(node: Expression, test: (node: Expression) => node is T): T[] {
  return test(node) ? [node] : childrenOf(node).flatMap(child => collect(child, test))
}

/** Columns an expression reads; parameters of lambdas are none. */
export function columnsOf(
  node: Expression,
  parameters: readonly string[] = [],
): Extract<Expression, { kind: 'ColumnReference' }>[] {
  if (node.kind === 'ColumnReference') return isParameter(node, parameters) ? [] : [node]
  const inner = node.kind === 'Lambda' ? [...parameters, ...node.parameters] : parameters
  return childrenOf(node).flatMap(child => columnsOf(child, inner))
}

/** The same expression, wherever it was written. */
export function sameExpression(a: Expression, b: Expression): boolean {
  return printExpression(a) === printExpression(b)
}
