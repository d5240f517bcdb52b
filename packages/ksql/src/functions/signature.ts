/**
 * A function's signature as text, the way DESCRIBE FUNCTION and error messages show it:
 * `INTERVALUNIT unit, INT interval, DATE dateExpression`. Single letters are generic types, `T...` takes any number of
 * arguments, `LAMBDA (K, V) => R` a lambda.
 */
import * as types from '../types/sql-type.ts'

export type ParameterType =
  | { readonly kind: 'CONCRETE'; readonly type: types.SqlType }
  /** A DECIMAL of any precision and scale. */
  | { readonly kind: 'DECIMAL' }
  | { readonly kind: 'ANY' }
  | { readonly kind: 'GENERIC'; readonly name: string }
  | { readonly kind: 'ARRAY'; readonly element: ParameterType }
  | { readonly kind: 'MAP'; readonly key: ParameterType; readonly value: ParameterType }
  | { readonly kind: 'INTERVALUNIT' }
  | { readonly kind: 'LAMBDA'; readonly inputs: readonly ParameterType[]; readonly output: ParameterType }

export interface Parameter {
  readonly name: string
  readonly type: ParameterType
  readonly variadic: boolean
}

const CONCRETE: ReadonlyMap<string, types.SqlType> = new Map([
  ['BOOLEAN', types.BOOLEAN],
  ['INT', types.INTEGER],
  ['INTEGER', types.INTEGER],
  ['BIGINT', types.BIGINT],
  ['DOUBLE', types.DOUBLE],
  ['VARCHAR', types.STRING],
  ['STRING', types.STRING],
  ['BYTES', types.BYTES],
  ['TIME', types.TIME],
  ['DATE', types.DATE],
  ['TIMESTAMP', types.TIMESTAMP],
])

/** Signatures are constants of this package: a malformed one is a bug and throws TypeError at start. */
export function parseParameters(text: string): Parameter[] {
  const reader = new SignatureReader(text)
  const parameters: Parameter[] = []
  while (!reader.atEnd) {
    const type = reader.type()
    const variadic = reader.take('...')
    parameters.push({ type, variadic, name: reader.word() })
    if (!reader.take(',')) break
  }
  if (!reader.atEnd) reader.fail()
  return parameters
}
export function parseParameterType(text: string): ParameterType {
  return new SignatureReader(text).type()
}

class SignatureReader {
  private position = 0
  constructor(private readonly text: string) {
    this.skipSpace()
  }
  get atEnd(): boolean {
    return this.position === this.text.length
  }
  take(symbol: string): boolean {
    if (!this.text.startsWith(symbol, this.position)) return false
    this.position += symbol.length
    this.skipSpace()
    return true
  }
  word(): string {
    const match = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.text.slice(this.position))
    if (match === null) return this.fail()
    this.take(match[0])
    return match[0]
  }
  fail(): never {
    throw new TypeError(`malformed signature at ${this.position}: ${this.text}`)
  }
  private expect(symbol: string): void {
    if (!this.take(symbol)) this.fail()
  }
  private skipSpace(): void {
    while (this.text[this.position] === ' ') this.position++
  }
  type(): ParameterType {
    const name = this.word()
    const concrete = CONCRETE.get(name)
    if (concrete !== undefined) return { kind: 'CONCRETE', type: concrete }
    switch (name) {
      case 'DECIMAL':
      case 'ANY':
      case 'INTERVALUNIT':
        return { kind: name }
      case 'ARRAY': {
        this.expect('<')
        const element = this.type()
        this.expect('>')
        return { kind: 'ARRAY', element }
      }
      case 'MAP': {
        this.expect('<')
        const key = this.type()
        this.expect(',')
        const value = this.type()
        this.expect('>')
        return { kind: 'MAP', key, value }
      }
      case 'LAMBDA': {
        const inputs: ParameterType[] = []
        this.expect('(')
        do inputs.push(this.type())
        while (this.take(','))
        this.expect(')')
        this.expect('=>')
        return { kind: 'LAMBDA', inputs, output: this.type() }
      }
      default:
        return name.length === 1 ? { kind: 'GENERIC', name } : this.fail()
    }
  }
}

export function parameterTypeText(type: ParameterType): string {
  switch (type.kind) {
    case 'CONCRETE':
      return type.type.kind === 'INTEGER' ? 'INT' : type.type.kind === 'STRING' ? 'VARCHAR' : types.typeText(type.type)
    case 'GENERIC':
      return type.name
    case 'ARRAY':
      return `ARRAY<${parameterTypeText(type.element)}>`
    case 'MAP':
      return `MAP<${parameterTypeText(type.key)}, ${parameterTypeText(type.value)}>`
    case 'LAMBDA':
      return `LAMBDA (${type.inputs.map(parameterTypeText).join(', ')}) => ${parameterTypeText(type.output)}`
    default:
      return type.kind
  }
}
export function parametersText(parameters: readonly Parameter[]): string {
  return parameters
    .map(({ type, variadic, name }) => `${parameterTypeText(type)}${variadic ? '...' : ''} ${name}`)
    .join(', ')
}
