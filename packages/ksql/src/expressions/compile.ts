/**
 * From the syntax tree to a typed closure. Names become column indexes, overloads are chosen and conversions inserted
 * here, once; what runs per row looks nothing up. Errors of types and names are SqlAnalysisErrors with ksqlDB's texts.
 */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import * as bigint from '../types/bigint.ts'
import { Decimal } from '../types/decimal.ts'
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  fieldIndex,
  INTEGER,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
  typeText,
} from '../types/sql-type.ts'
import type { SqlMap, SqlValue } from '../types/sql-value.ts'
import { parseDate, parseTime, parseTimestamp } from '../types/temporal.ts'
import { arithmetic, negation } from './arithmetic.ts'
import { castOf } from './cast.ts'
import { identity, implicitConversion } from './coercion.ts'
import { comparison, OPERATOR_NAMES } from './comparison.ts'
import { compileCall } from './compile-call.ts'
import { type CompiledExpression, type Evaluate, EvaluationError } from './compiled.ts'
import { createArray, createMap, createStruct } from './constructors.ts'
import { likeMatcher } from './like.ts'
import { literalAs } from './literals.ts'
import type { ExpressionCompiler, LambdaParameters, Scope } from './scope.ts'
import { unifyAll } from './unify.ts'

const NULL: CompiledExpression = { type: null, evaluate: () => null }

export function compileExpression(node: ast.Expression, scope: Scope): CompiledExpression {
  return new Compiler(scope, new Map()).compile(node)
}

/** Compiles a condition: its type has to be BOOLEAN, and NULL counts as false. `where` names it in messages. */
export function compileCondition(node: ast.Expression, scope: Scope, where: string): Evaluate {
  const compiled = inContext(`Error in ${where} expression: `, () => compileExpression(node, scope))
  if (compiled.type === null || compiled.type.kind !== 'BOOLEAN')
    throw new SqlAnalysisError(
      `Type error in ${where} expression: Should evaluate to boolean but is ${printExpression(node)} (${compiled.type === null ? 'NULL' : typeText(compiled.type)}) instead.`,
      node.at,
    )
  return compiled.evaluate
}

function inContext<T>(prefix: string, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof SqlAnalysisError)) throw error
    throw new SqlAnalysisError(prefix + error.message, error.at)
  }
}

class Compiler implements ExpressionCompiler {
  constructor(
    readonly scope: Scope,
    private readonly lambdas: LambdaParameters,
  ) {}

  withLambda(parameters: LambdaParameters): ExpressionCompiler {
    return new Compiler(this.scope, new Map([...this.lambdas, ...parameters]))
  }

  compile(node: ast.Expression): CompiledExpression {
    switch (node.kind) {
      case 'NullLiteral':
        return NULL
      case 'BooleanLiteral':
        return constant(BOOLEAN, node.value)
      case 'IntegerLiteral':
        return integerLiteral(node.value, node.at)
      case 'DecimalLiteral': {
        const value = Decimal.parse(node.text)
        return constant(
          { kind: 'DECIMAL', precision: Math.max(value.precision, value.scale), scale: value.scale },
          value,
        )
      }
      case 'DoubleLiteral':
        return constant(DOUBLE, node.value)
      case 'StringLiteral':
        return constant(STRING, node.value)
      case 'TypedLiteral':
        return typedLiteral(node)
      case 'ColumnReference':
        return this.column(node)
      case 'FunctionCall':
        return compileCall(node, this)
      case 'Arithmetic':
        return this.arithmetic(node)
      case 'Sign':
        return this.sign(node)
      case 'Comparison':
        return this.comparison(node)
      case 'Logical':
        return this.logical(node)
      case 'Not': {
        const operand = this.boolean(node.operand)
        return { type: BOOLEAN, evaluate: (row, context) => !truth(operand(row, context)) }
      }
      case 'IsNull': {
        const { evaluate } = this.compile(node.operand)
        const { negated } = node
        return { type: BOOLEAN, evaluate: (row, context) => (evaluate(row, context) === null) !== negated }
      }
      case 'Between':
        return this.between(node)
      case 'In':
        return this.inList(node)
      case 'Like':
        return this.like(node)
      case 'Case':
        return this.caseOf(node)
      case 'Cast':
        return this.cast(node)
      case 'Subscript':
        return this.subscript(node)
      case 'Dereference':
        return this.dereference(node)
      case 'CreateArray':
        return createArray(node, this)
      case 'CreateMap':
        return createMap(node, this)
      case 'CreateStruct':
        return createStruct(node, this)
      case 'Lambda':
      case 'IntervalUnit':
        throw new SqlAnalysisError(`${printExpression(node)} can only be an argument of a function`, node.at)
    }
  }

  private column(node: ast.ColumnReference): CompiledExpression {
    const parameter = node.source === null ? this.lambdas.get(node.name) : undefined
    if (parameter !== undefined) return { type: parameter.type, evaluate: () => parameter.value }
    const { index, type } = this.scope.column(node)
    return { type, evaluate: row => row[index] ?? null }
  }

  private arithmetic(node: ast.Arithmetic): CompiledExpression {
    const [left, right] = [this.compile(node.left), this.compile(node.right)]
    if (left.type === null || right.type === null)
      throw new SqlAnalysisError(
        `Error processing expression: ${printExpression(node)}. Arithmetic on types ${typeOrNull(left.type)} and ${typeOrNull(right.type)} are not supported.`,
        node.at,
      )
    const operation = arithmetic(node.operator, left.type, right.type)
    if (operation === null)
      throw new SqlAnalysisError(
        `Error processing expression: ${printExpression(node)}. Unsupported arithmetic types. ${left.type.kind} ${right.type.kind}`,
        node.at,
      )
    const { type, apply } = operation
    const [first, second] = [left.evaluate, right.evaluate]
    return { type, evaluate: (row, context) => apply(first(row, context), second(row, context)) }
  }

  private sign(node: ast.Sign): CompiledExpression {
    const { type, evaluate } = this.compile(node.operand)
    const negate = type === null ? null : negation(type)
    if (type === null || negate === null)
      throw new SqlAnalysisError(
        `Error processing expression: ${printExpression(node)}. Unsupported arithmetic types. ${type?.kind ?? 'NULL'}`,
        node.at,
      )
    if (node.operator === '+') return { type, evaluate }
    return { type, evaluate: (row, context) => negate(evaluate(row, context)) }
  }

  private comparison(node: ast.Comparison): CompiledExpression {
    return this.compare(node.operator, node.left, node.right)
  }
  private compare(
    operator: ast.ComparisonOperator,
    leftNode: ast.Expression,
    rightNode: ast.Expression,
  ): CompiledExpression {
    let [left, right] = [this.compile(leftNode), this.compile(rightNode)]
    // A text beside a value of another type is read as that type, as INSERT VALUES would.
    if (leftNode.kind === 'StringLiteral' && right.type !== null) left = literalAs(leftNode, right.type) ?? left
    if (rightNode.kind === 'StringLiteral' && left.type !== null) right = literalAs(rightNode, left.type) ?? right
    if (isEpochColumn(leftNode) && rightNode.kind === 'StringLiteral')
      right = constant(BIGINT, parseTimestamp(rightNode.value))
    if (isEpochColumn(rightNode) && leftNode.kind === 'StringLiteral')
      left = constant(BIGINT, parseTimestamp(leftNode.value))
    const distinct = operator.startsWith('IS')
    if (!distinct && (left.type === null || right.type === null))
      throw new SqlAnalysisError(
        `Comparison with NULL not supported: ${typeOrNull(left.type, 'NULL')} ${operator} ${typeOrNull(right.type, 'NULL')}\nUse 'IS NULL' or 'IS NOT NULL' instead.`,
        leftNode.at,
      )
    if (left.type === null || right.type === null) {
      const present = left.type === null ? right.evaluate : left.evaluate
      const same = operator === 'IS NOT DISTINCT FROM'
      return { type: BOOLEAN, evaluate: (row, context) => (present(row, context) === null) === same }
    }
    const test = comparison(operator, left.type, right.type)
    if (test === null)
      throw new SqlAnalysisError(
        `Cannot compare ${printExpression(leftNode)} (${typeText(left.type)}) to ${printExpression(rightNode)} (${typeText(right.type)}) with ${OPERATOR_NAMES[operator]}.`,
        leftNode.at,
      )
    const [first, second] = [left.evaluate, right.evaluate]
    return { type: BOOLEAN, evaluate: (row, context) => test(first(row, context), second(row, context)) }
  }

  private logical(node: ast.Logical): CompiledExpression {
    const [left, right] = [this.boolean(node.left), this.boolean(node.right)]
    const evaluate: Evaluate =
      node.operator === 'AND'
        ? (row, context) => truth(left(row, context)) && truth(right(row, context))
        : (row, context) => truth(left(row, context)) || truth(right(row, context))
    return { type: BOOLEAN, evaluate }
  }
  private boolean(node: ast.Expression): Evaluate {
    const { type, evaluate } = this.compile(node)
    if (type !== null && type.kind !== 'BOOLEAN')
      throw new SqlAnalysisError(
        `Unsupported type for a logical operator: ${printExpression(node)} (${typeText(type)})`,
        node.at,
      )
    return evaluate
  }

  private between(node: ast.Between): CompiledExpression {
    const lower = this.compare('>=', node.operand, node.lower).evaluate
    const upper = this.compare('<=', node.operand, node.upper).evaluate
    const { negated } = node
    const operand = this.compile(node.operand).evaluate
    return {
      type: BOOLEAN,
      evaluate: (row, context) => {
        if (operand(row, context) === null) return negated
        return (lower(row, context) === true && upper(row, context) === true) !== negated
      },
    }
  }

  private inList(node: ast.In): CompiledExpression {
    const { members, type } = inPredicate(() =>
      unifyAll(
        [node.operand, ...node.list],
        this,
        (wanted, found, element) =>
          `operator does not exist: ${typeText(wanted)} = ${typeText(found)} (${printExpression(element)})\nHint: You might need to add explicit type casts.`,
      ),
    )
    const { negated } = node
    const test = type === null ? null : comparison('=', type, type)
    if (test === null) return constant(BOOLEAN, negated)
    const [operand, ...list] = members as [Evaluate, ...Evaluate[]]
    return {
      type: BOOLEAN,
      evaluate: (row, context) => {
        const value = operand(row, context)
        return list.some(element => test(value, element(row, context))) !== negated
      },
    }
  }

  private like(node: ast.Like): CompiledExpression {
    const [operand, pattern] = [this.compile(node.operand), this.compile(node.pattern)]
    for (const [part, { type }] of [
      [node.operand, operand],
      [node.pattern, pattern],
    ] as const)
      if (type !== null && type.kind !== 'STRING')
        throw new SqlAnalysisError(
          `Like condition must be between strings. Got ${printExpression(part)} (${typeText(type)})`,
          part.at,
        )
    const { negated, escape: escapeWith } = node
    const fixed = node.pattern.kind === 'StringLiteral' ? likeMatcher(node.pattern.value, escapeWith) : null
    return {
      type: BOOLEAN,
      evaluate: (row, context) => {
        const text = operand.evaluate(row, context)
        const wanted = pattern.evaluate(row, context)
        if (text === null || wanted === null) return negated
        const matches = fixed ?? likeMatcher(wanted as string, escapeWith)
        return matches(text as string) !== negated
      },
    }
  }

  private caseOf(node: ast.Case): CompiledExpression {
    const conditions = node.when.map(({ condition }) =>
      node.operand === null ? this.condition(condition) : this.compare('=', node.operand, condition).evaluate,
    )
    const results = node.when.map(({ result }) => result)
    if (node.otherwise !== null) results.push(node.otherwise)
    const { type, members } = unifyAll(
      results,
      this,
      (wanted, found, branch) =>
        `Invalid Case expression. Type for all 'THEN' clauses should be the same. THEN expression '${printExpression(branch)}' has type: ${typeText(found)}. Previous THEN expression(s) type: ${typeText(wanted)}.`,
    )
    const otherwise = node.otherwise === null ? NULL.evaluate : (members.at(-1) as Evaluate)
    return {
      type,
      evaluate: (row, context) => {
        for (let branch = 0; branch < conditions.length; branch++)
          if (conditions[branch]!(row, context) === true) return members[branch]!(row, context)
        return otherwise(row, context)
      },
    }
  }
  private condition(node: ast.Expression): Evaluate {
    const { type, evaluate } = this.compile(node)
    if (type === null || type.kind !== 'BOOLEAN')
      throw new SqlAnalysisError(
        `WHEN operand type should be boolean.\nType for '${printExpression(node)}' is ${type === null ? 'NULL' : typeText(type)}`,
        node.at,
      )
    return evaluate
  }

  private cast(node: ast.Cast): CompiledExpression {
    const { type: from, evaluate } = this.compile(node.operand)
    const to = this.scope.type(node.type)
    const convert = from === null ? identity : castOf(from, to)
    if (convert === null)
      throw new SqlAnalysisError(`Cast of ${typeText(from as SqlType)} to ${typeText(to)} is not supported`, node.at)
    return { type: to, evaluate: (row, context) => convert(evaluate(row, context)) }
  }

  private subscript(node: ast.Subscript): CompiledExpression {
    const [base, index] = [this.compile(node.base), this.compile(node.index)]
    if (base.type?.kind === 'ARRAY') {
      const toIndex = index.type === null ? null : implicitConversion(index.type, BIGINT)
      if (toIndex === null)
        throw new SqlAnalysisError(`array index must be an integer, got ${printExpression(node.index)}`, node.index.at)
      return {
        type: base.type.element,
        evaluate: (row, context) => {
          const array = base.evaluate(row, context) as readonly SqlValue[] | null
          const at = index.evaluate(row, context)
          if (array === null || at === null) return null
          return elementAt(array, Number(at))
        },
      }
    }
    if (base.type?.kind === 'MAP') {
      const toKey = index.type === null ? identity : implicitConversion(index.type, base.type.key)
      if (toKey === null)
        throw new SqlAnalysisError(`${printExpression(node.index)} is no key of ${typeText(base.type)}`, node.index.at)
      return {
        type: base.type.value,
        evaluate: (row, context) => {
          const map = base.evaluate(row, context) as SqlMap | null
          return map === null ? null : (map.get(toKey(index.evaluate(row, context))) ?? null)
        },
      }
    }
    throw new SqlAnalysisError(
      `${printExpression(node.base)} is neither an array nor a map: ${base.type === null ? 'NULL' : typeText(base.type)}`,
      node.base.at,
    )
  }

  private dereference(node: ast.Dereference): CompiledExpression {
    const { type, evaluate } = this.compile(node.base)
    if (type?.kind !== 'STRUCT')
      throw new SqlAnalysisError(`Expected STRUCT type, got: ${type === null ? 'NULL' : typeText(type)}`, node.base.at)
    const index = fieldIndex(type, node.field)
    const field = type.fields[index]
    if (field === undefined) {
      const known = type.fields.map(({ name }) => name).join(', ')
      throw new SqlAnalysisError(
        `Could not find field '${node.field}' in '${printExpression(node.base)}'. Available fields: ${known}.`,
        node.at,
      )
    }
    return {
      type: field.type,
      evaluate: (row, context) => {
        const struct = evaluate(row, context) as readonly SqlValue[] | null
        return struct === null ? null : (struct[index] ?? null)
      },
    }
  }
}

function typeOrNull(type: SqlType | null, none = 'null'): string {
  return type === null ? none : typeText(type)
}

/** Times in milliseconds that may be compared with a text. */
function isEpochColumn(node: ast.Expression): boolean {
  return node.kind === 'ColumnReference' && /(?:^|_)(?:ROWTIME|WINDOWSTART|WINDOWEND)$/.test(node.name)
}

function inPredicate<T>(compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof SqlAnalysisError)) throw error
    throw new SqlAnalysisError(`Invalid Predicate: ${error.message}`, error.at)
  }
}

function constant(type: SqlType, value: SqlValue): CompiledExpression {
  return { type, evaluate: () => value }
}

/** AND, OR and NOT have no third value: a NULL they have to look at fails the expression. */
function truth(value: SqlValue): boolean {
  if (value === null) throw new EvaluationError('a NULL condition is neither true nor false')
  return value as boolean
}

/** From 1; negative ones count from the end; outside there is NULL. */
function elementAt(array: readonly SqlValue[], index: number): SqlValue {
  const at = index < 0 ? array.length + index : index - 1
  return array[at] ?? null
}

const MAX_INTEGER = 2n ** 31n - 1n
const MAX_BIGINT = 2n ** 63n - 1n
function integerLiteral(value: bigint, at: ast.Location): CompiledExpression {
  if (value <= MAX_INTEGER && value >= -MAX_INTEGER - 1n) return constant(INTEGER, Number(value))
  if (value > MAX_BIGINT || value < -MAX_BIGINT - 1n)
    throw new SqlAnalysisError(`Invalid numeric literal: ${value}`, at)
  return constant(BIGINT, bigint.normalise(value))
}

function typedLiteral(node: ast.TypedLiteral): CompiledExpression {
  switch (node.type) {
    case 'DATE':
      return constant(DATE, parseDate(node.text))
    case 'TIME':
      return constant(TIME, parseTime(node.text))
    case 'TIMESTAMP':
      return constant(TIMESTAMP, parseTimestamp(node.text))
    default:
      throw new SqlAnalysisError(`Unknown type: ${node.type}`, node.at)
  }
}
