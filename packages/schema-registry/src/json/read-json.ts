/**
 * A reader of JSON with limits, after RFC 8259. Comments can be allowed as Jackson allows them for Avro schemas. Of
 * several properties with one name the last value wins and the first place stays, as in Jackson's tree.
 */
import { MillraceError } from '@millrace/protocol'
import { JsonNumber, type JsonObject, type JsonValue } from './json-value.ts'

export interface JsonLimits {
  /** Arrays and objects inside each other. */
  readonly maxDepth: number
  /** Characters of one number. */
  readonly maxNumberLength: number
}

/** Jackson's limits. */
export const DEFAULT_JSON_LIMITS: JsonLimits = { maxDepth: 1_000, maxNumberLength: 1_000 }

export interface ReadJsonOptions {
  readonly allowsComments?: boolean
  readonly limits?: JsonLimits
}

export class JsonSyntaxError extends MillraceError {
  readonly code = 'INVALID_JSON'
  constructor(
    readonly reason: string,
    readonly text: string,
    /** Where in the text, in UTF-16 units. */
    readonly position: number,
  ) {
    const before = text.slice(0, position)
    const line = before.split('\n').length
    super(`${reason} at line ${line}, column ${position - before.lastIndexOf('\n')}`)
  }
}

/** Reads a whole text. Throws {@link JsonSyntaxError}, also for what follows the value. */
export function readJson(text: string, options: ReadJsonOptions = {}): JsonValue {
  const reader = new JsonReader(text, options.allowsComments ?? false, options.limits ?? DEFAULT_JSON_LIMITS)
  return reader.readDocument()
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside strings
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])
const LITERALS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
])

class JsonReader {
  private position = 0
  private depth = 0

  constructor(
    private readonly text: string,
    private readonly allowsComments: boolean,
    private readonly limits: JsonLimits,
  ) {}

  readDocument(): JsonValue {
    const value = this.readValue()
    this.skipBlanks()
    if (this.position < this.text.length) this.fail('unexpected text after the value')
    return value
  }

  private readValue(): JsonValue {
    this.skipBlanks()
    const first = this.text[this.position]
    if (first === undefined) this.fail('unexpected end of the text')
    if (first === '{') return this.nested(() => this.readObject())
    if (first === '[') return this.nested(() => this.readArray())
    if (first === '"') return this.readString()
    if (first === '-' || (first >= '0' && first <= '9')) return this.readNumber()
    for (const [literal, value] of LITERALS)
      if (this.text.startsWith(literal, this.position)) {
        this.position += literal.length
        return value
      }
    this.fail(`unexpected character ${JSON.stringify(first)}`)
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > this.limits.maxDepth) this.fail(`more than ${this.limits.maxDepth} levels of nesting`)
    this.position++
    const value = read()
    this.depth--
    return value
  }

  private readObject(): JsonObject {
    const members = new Map<string, JsonValue>()
    if (this.takes('}')) return members
    for (;;) {
      this.skipBlanks()
      if (this.text[this.position] !== '"') this.fail('expected a property name in double quotes')
      const name = this.readString()
      if (!this.takes(':')) this.fail('expected a colon')
      members.set(name, this.readValue())
      if (this.takes('}')) return members
      if (!this.takes(',')) this.fail('expected a comma or a closing brace')
    }
  }

  private readArray(): JsonValue[] {
    const elements: JsonValue[] = []
    if (this.takes(']')) return elements
    for (;;) {
      elements.push(this.readValue())
      if (this.takes(']')) return elements
      if (!this.takes(',')) this.fail('expected a comma or a closing bracket')
    }
  }

  private readString(): string {
    this.position++
    let value = ''
    for (;;) {
      PLAIN_CHARACTERS.lastIndex = this.position
      const plain = PLAIN_CHARACTERS.exec(this.text)?.[0] ?? ''
      value += plain
      this.position += plain.length
      const next = this.text[this.position]
      if (next === undefined) this.fail('unexpected end inside a string')
      if (next !== '"' && next !== '\\') this.fail('a control character inside a string')
      this.position++
      if (next === '"') return value
      value += this.readEscape()
    }
  }

  private readEscape(): string {
    const kind = this.text[this.position++] ?? ''
    if (kind !== 'u') return ESCAPES.get(kind) ?? this.fail('an unknown escape')
    const digits = this.text.slice(this.position, this.position + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('four hexadecimal digits have to follow \\u')
    this.position += 4
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  private readNumber(): JsonNumber {
    NUMBER.lastIndex = this.position
    const digits = NUMBER.exec(this.text)?.[0]
    if (digits === undefined) this.fail('a malformed number')
    if (digits.length > this.limits.maxNumberLength)
      this.fail(`a number of more than ${this.limits.maxNumberLength} characters`)
    this.position += digits.length
    if (/[\w.]/.test(this.text[this.position] ?? '')) this.fail('a malformed number')
    return new JsonNumber(digits)
  }

  private takes(character: string): boolean {
    this.skipBlanks()
    if (this.text[this.position] !== character) return false
    this.position++
    return true
  }

  private skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position)
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.position++
      else if (code === 0x2f && this.allowsComments) this.skipComment()
      else return
    }
  }

  private skipComment(): void {
    const isBlock = this.text.startsWith('/*', this.position)
    if (!isBlock && !this.text.startsWith('//', this.position)) this.fail('unexpected character "/"')
    const end = this.text.indexOf(isBlock ? '*/' : '\n', this.position + 2)
    if (end < 0 && isBlock) this.fail('a comment without an end')
    this.position = end < 0 ? this.text.length : end + (isBlock ? 2 : 1)
  }

  private fail(reason: string): never {
    throw new JsonSyntaxError(reason, this.text, Math.min(this.position, this.text.length))
  }
}
