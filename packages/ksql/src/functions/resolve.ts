/**
 * Which overload a call means. Overloads that take the arguments as they are come before those that need implicit
 * conversions. Among the ones left a fixed number of arguments beats a variadic one, more parameters beat fewer, fewer
 * generic ones beat more, `T...` beats `ANY...`, and a variadic one further to the right beats one to the left. What
 * is then still equal is ambiguous. The order and the texts are ksqlDB's (UdfIndex).
 */
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { castOf } from '../expressions/cast.ts'
import { asDecimalType, type Convert, commonType, identity, implicitConversion } from '../expressions/coercion.ts'
import { type SqlType, sameType, typeText } from '../types/sql-type.ts'
import { type Parameter, type ParameterType, parametersText } from './signature.ts'

/** The type of an argument as far as it decides about overloads. */
export type ArgumentType =
  | { readonly kind: 'VALUE'; readonly type: SqlType | null }
  | { readonly kind: 'LAMBDA'; readonly parameterCount: number }
  | { readonly kind: 'INTERVALUNIT' }

export type Bindings = Map<string, SqlType>

interface Candidate<O> {
  readonly overload: O
  readonly parameters: readonly ParameterType[]
  readonly bindings: Bindings
}
interface Signature {
  readonly parameters: readonly Parameter[]
}

export interface Resolved<O> {
  readonly overload: O
  readonly bindings: Bindings
  /** Per argument; identity for lambdas and units. */
  readonly conversions: readonly Convert[]
}

/**
 * `options.implicitConversions` is false for aggregate functions, which take no other types than they declare.
 * Throws SqlAnalysisError.
 */
export function resolveOverload<O extends Signature>(
  name: string,
  overloads: readonly O[],
  args: readonly ArgumentType[],
  options: { readonly implicitConversions?: boolean } = {},
): Resolved<O> {
  let candidates = candidatesOf(overloads, args, false)
  if (candidates.length === 0 && options.implicitConversions !== false) candidates = candidatesOf(overloads, args, true)
  candidates.sort((a, b) => preference(a.overload, b.overload))
  const [best, second] = candidates
  if (best === undefined)
    throw new SqlAnalysisError(
      `${problem(name, 'does not accept parameters', args)}\nValid alternatives are:\n${alternatives(name, overloads)}`,
    )
  if (second !== undefined && preference(best.overload, second.overload) === 0)
    throw new SqlAnalysisError(
      `${problem(name, 'cannot be resolved due to ambiguous method parameters', args)}\nUse CAST() to explicitly cast your parameters to one of the supported function calls.\nValid function calls are:\n${alternatives(name, overloads)}`,
    )
  const conversions = args.map((arg, index) => {
    if (arg.kind !== 'VALUE' || arg.type === null) return identity
    const parameter = best.parameters[index] as ParameterType
    const target = parameter.kind === 'DECIMAL' ? asDecimalType(arg.type) : substitute(parameter, best.bindings)
    return target === null ? identity : (argumentConversion(arg.type, target) ?? identity)
  })
  return { overload: best.overload, bindings: best.bindings, conversions }
}

function candidatesOf<O extends Signature>(
  overloads: readonly O[],
  args: readonly ArgumentType[],
  convert: boolean,
): Candidate<O>[] {
  const candidates: Candidate<O>[] = []
  for (const overload of overloads) {
    const parameters = spread(overload.parameters, args.length)
    if (parameters === null) continue
    const bindings: Bindings = new Map()
    if (args.every((arg, index) => accepts(parameters[index] as ParameterType, arg, bindings, convert)))
      candidates.push({ overload, parameters, bindings })
  }
  return candidates
}

/** Negative: `a` is preferred; 0: neither. */
function preference(a: Signature, b: Signature): number {
  const [left, right] = [traits(a), traits(b)]
  for (const [index, trait] of left.entries()) if (trait !== right[index]) return trait - right[index]!
  return 0
}
function traits({ parameters }: Signature): number[] {
  const variadicAt = parameters.findIndex(parameter => parameter.variadic)
  const variadic = parameters[variadicAt]
  const takesAny = variadic?.type.kind === 'ANY'
  const generic = parameters.filter(({ type }) => isGeneric(type)).length + Number(takesAny)
  return [variadic === undefined ? 0 : 1, -parameters.length, generic, Number(takesAny), -variadicAt]
}
function isGeneric(type: ParameterType): boolean {
  switch (type.kind) {
    case 'GENERIC':
      return true
    case 'ARRAY':
      return isGeneric(type.element)
    case 'MAP':
      return isGeneric(type.key) || isGeneric(type.value)
    case 'LAMBDA':
      return [...type.inputs, type.output].some(isGeneric)
    default:
      return false
  }
}

function problem(name: string, what: string, args: readonly ArgumentType[]): string {
  return `Function '${name}' ${what} (${args.map(argumentText).join(', ')}).`
}
function argumentText(arg: ArgumentType): string {
  if (arg.kind === 'VALUE') return arg.type === null ? 'null' : typeText(arg.type).replaceAll('`', '')
  return arg.kind === 'LAMBDA' ? 'LAMBDA' : 'INTERVALUNIT'
}
function alternatives(name: string, overloads: readonly Signature[]): string {
  const calls = overloads.map(({ parameters }) => `${name}(${parametersText(parameters)})`)
  return `${calls.join('\n')}\nFor detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;`
}

/** One parameter type per argument, or null when the number does not fit. */
function spread(parameters: readonly Parameter[], count: number): ParameterType[] | null {
  const at = parameters.findIndex(parameter => parameter.variadic)
  if (at < 0) return parameters.length === count ? parameters.map(parameter => parameter.type) : null
  const repeated = count - (parameters.length - 1)
  if (repeated < 0) return null
  const types: ParameterType[] = []
  for (const [index, parameter] of parameters.entries())
    for (let times = index === at ? repeated : 1; times > 0; times--) types.push(parameter.type)
  return types
}

const READ_FROM_TEXT = new Set(['TIME', 'DATE', 'TIMESTAMP', 'BYTES'])
/** Arguments convert like other operands; besides, texts are read as what a parameter needs. */
function argumentConversion(from: SqlType, to: SqlType): Convert | null {
  if (from.kind === 'STRING' && READ_FROM_TEXT.has(to.kind)) return castOf(from, to)
  return implicitConversion(from, to)
}

/** Binds generic types on the way. NULL fits every parameter. */
function accepts(parameter: ParameterType, arg: ArgumentType, bindings: Bindings, convert: boolean): boolean {
  if (arg.kind === 'LAMBDA') return parameter.kind === 'LAMBDA' && parameter.inputs.length === arg.parameterCount
  if (arg.kind === 'INTERVALUNIT') return parameter.kind === 'INTERVALUNIT'
  if (arg.type === null) return true
  return acceptsType(parameter, arg.type, bindings, convert)
}

function acceptsType(parameter: ParameterType, type: SqlType, bindings: Bindings, convert: boolean): boolean {
  switch (parameter.kind) {
    case 'ANY':
      return true
    case 'CONCRETE':
      return sameType(parameter.type, type) || (convert && argumentConversion(type, parameter.type) !== null)
    case 'DECIMAL':
      return type.kind === 'DECIMAL' || (convert && asDecimalType(type) !== null)
    case 'GENERIC': {
      const bound = bindings.get(parameter.name)
      const common =
        bound === undefined ? type : convert ? commonType(bound, type) : sameType(bound, type) ? type : null
      if (common !== null) bindings.set(parameter.name, common)
      return common !== null
    }
    case 'ARRAY':
      return type.kind === 'ARRAY' && acceptsType(parameter.element, type.element, bindings, convert)
    case 'MAP':
      return (
        type.kind === 'MAP' &&
        acceptsType(parameter.key, type.key, bindings, convert) &&
        acceptsType(parameter.value, type.value, bindings, convert)
      )
    default:
      return false
  }
}

/** The concrete type of a parameter, or null when the signature leaves it to the argument. */
export function substitute(parameter: ParameterType, bindings: Bindings): SqlType | null {
  switch (parameter.kind) {
    case 'CONCRETE':
      return parameter.type
    case 'GENERIC':
      return bindings.get(parameter.name) ?? null
    case 'ARRAY': {
      const element = substitute(parameter.element, bindings)
      return element === null ? null : { kind: 'ARRAY', element }
    }
    case 'MAP': {
      const [key, value] = [substitute(parameter.key, bindings), substitute(parameter.value, bindings)]
      return key === null || value === null ? null : { kind: 'MAP', key, value }
    }
    default:
      return null
  }
}

/** Binds the generic types of `parameter` so that it is `type`: how a lambda's result decides the function's. False: it cannot be. */
export function unify(parameter: ParameterType, type: SqlType, bindings: Bindings): boolean {
  return acceptsType(parameter, type, bindings, true)
}
