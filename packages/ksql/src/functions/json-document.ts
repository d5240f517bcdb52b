/**
 * JSON as the JSON functions see it: numbers keep their text, objects the order of their fields and any field name.
 * Reads what Jackson reads: one document, whatever follows it after a space is ignored.
 */
import { EvaluationError } from '../expressions/compiled.ts'
import { Decimal } from '../types/decimal.ts'

export type JsonDocument = null | boolean | string | JsonNumber | readonly JsonDocument[] | JsonObject
export type JsonObject = ReadonlyMap<string, JsonDocument>

export class JsonNumber {
  constructor(readonly text: string) {}
  get isInteger(): boolean {
    return !/[.eE]/.test(this.text)
  }
}

const MAX_DEPTH = 1000
const MAX_DIGITS = 1000

/** Undefined when there is nothing but white space. Throws EvaluationError for what is no JSON. */
export function readJson(text: string): JsonDocument | undefined {
  return new Reader(text).document()
}

class Reader {
  private position = 0
  constructor(private readonly text: string) {}

  document(): JsonDocument | undefined {
    this.skipSpace()
    if (this.position === this.text.length) return undefined
    const document = this.value(0)
    const scalar = typeof document !== 'object' || document === null || document instanceof JsonNumber
    if (scalar && typeof document !== 'string' && !/^(?:\s|$)/.test(this.text.charAt(this.position))) this.fail()
    return document
  }

  private value(depth: number): JsonDocument {
    if (depth > MAX_DEPTH) throw new EvaluationError(`JSON is nested deeper than ${MAX_DEPTH}`)
    switch (this.text[this.position]) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      case 'n':
        return this.word('null', null)
      default:
        return this.number()
    }
  }
  private object(depth: number): JsonObject {
    const fields = new Map<string, JsonDocument>()
    this.position++
    if (this.takes('}')) return fields
    do {
      this.skipSpace()
      const name = this.string()
      if (!this.takes(':')) this.fail()
      this.skipSpace()
      fields.set(name, this.value(depth + 1))
    } while (this.takes(','))
    if (!this.takes('}')) this.fail()
    return fields
  }
  private array(depth: number): JsonDocument[] {
    const elements: JsonDocument[] = []
    this.position++
    if (this.takes(']')) return elements
    do {
      this.skipSpace()
      elements.push(this.value(depth + 1))
    } while (this.takes(','))
    if (!this.takes(']')) this.fail()
    return elements
  }
  private string(): string {
    STRING.lastIndex = this.position
    const token = STRING.exec(this.text)?.[0] ?? this.fail()
    this.position += token.length
    return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)
  }
  private number(): JsonNumber {
    NUMBER.lastIndex = this.position
    const token = NUMBER.exec(this.text)?.[0] ?? this.fail()
    if (token.length > MAX_DIGITS) throw new EvaluationError(`a number in JSON is longer than ${MAX_DIGITS}`)
    this.position += token.length
    return new JsonNumber(token)
  }
  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.position)) this.fail()
    this.position += word.length
    return value
  }
  private takes(symbol: string): boolean {
    this.skipSpace()
    if (this.text[this.position] !== symbol) return false
    this.position++
    return true
  }
  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.position] ?? '.')) this.position++
  }
  private fail(): never {
    throw new EvaluationError(`Invalid JSON format: ${this.text.slice(0, 200)} (at ${this.position})`)
  }
}
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y

/** Compact. `plain` writes numbers without an exponent, otherwise they look as BigDecimal.toString shows them. */
export function writeJson(document: JsonDocument, numbers: 'plain' | 'scientific' = 'scientific'): string {
  if (document instanceof JsonNumber) return numberText(document, numbers)
  if (typeof document === 'string') return jsonString(document)
  if (document === null || typeof document === 'boolean') return String(document)
  if (document instanceof Map)
    return `{${[...(document as JsonObject)].map(([name, value]) => `${jsonString(name)}:${writeJson(value, numbers)}`).join()}}`
  return `[${(document as readonly JsonDocument[]).map(element => writeJson(element, numbers)).join()}]`
}

/** With escapes as Jackson writes them: hex in capitals, nothing beyond ASCII escaped. */
export function jsonString(text: string): string {
  let result = ''
  let start = 0
  for (const { index, 0: character } of text.matchAll(/["\\]|[^ -\uffff]/g)) {
    result += text.slice(start, index) + (SHORT_ESCAPES.get(character) ?? longEscape(character))
    start = index + 1
  }
  return `"${result}${text.slice(start)}"`
}
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
])
function longEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

function numberText(number: JsonNumber, numbers: 'plain' | 'scientific'): string {
  if (number.isInteger) return number.text === '-0' ? '0' : number.text
  const decimal = Decimal.parse(number.text)
  return numbers === 'plain' ? decimal.toPlainString() : decimalText(decimal)
}
/** BigDecimal.toString: an exponent where the scale is negative or more than six zeros would follow the point. */
function decimalText(decimal: Decimal): string {
  const negative = decimal.unscaled < 0n
  const digits = (negative ? -decimal.unscaled : decimal.unscaled).toString()
  const exponent = digits.length - 1 - decimal.scale
  if (decimal.scale >= 0 && exponent >= -6) return decimal.toPlainString()
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${negative ? '-' : ''}${digits.charAt(0)}${fraction}E${exponent < 0 ? '' : '+'}${exponent}`
}
