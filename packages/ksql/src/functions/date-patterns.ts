/**
 * Patterns of java.time.format.DateTimeFormatter (`yyyy-MM-dd'T'HH:mm:ssX`) with English names, for printing and for
 * parsing. js-joda has the calendar and the zones; its own formatter knows no names of months, days or zones.
 */
import { ChronoField, type ZonedDateTime, type ZoneId, ZoneOffset } from '@js-joda/core'
import '@js-joda/timezone'
import { EvaluationError } from '../expressions/compiled.ts'
import { parseZoneName, zoneName } from './zone-names.ts'

/** A field of a pattern: what it prints, and how it reads itself back. */
interface Field {
  readonly kind: 'FIELD'
  readonly letter: string
  /** How often the letter stands there. */
  readonly count: number
}
interface Literal {
  readonly kind: 'LITERAL'
  readonly text: string
}
/** `[…]`: printed where the value has its fields, read where the text has it. */
interface Optional {
  readonly kind: 'OPTIONAL'
  readonly elements: readonly Element[]
}
type Element = Field | Literal | Optional

/** What a text said, by letter of the field. */
export interface ParsedFields {
  readonly values: ReadonlyMap<FieldName, number>
  readonly zone: ZoneId | null
}
export type FieldName =
  | 'era'
  | 'year'
  | 'yearOfEra'
  | 'month'
  | 'dayOfMonth'
  | 'dayOfYear'
  | 'dayOfWeek'
  | 'amPm'
  | 'hour'
  | 'hourOfAmPm'
  | 'minute'
  | 'second'
  | 'nano'
  | 'milliOfDay'
  | 'nanoOfDay'
  | 'ignored'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')
const AM_PM = ['AM', 'PM']
const ERAS = { short: ['BC', 'AD'], full: ['Before Christ', 'Anno Domini'], narrow: ['B', 'A'] }
const NARROW = 5
const FULL = 4

interface Numeric {
  readonly name: FieldName
  /** Years have a sign and any width, others are as wide as their letters. */
  readonly maxCount: number
  readonly print: (value: ZonedDateTime) => number
  /** From what is written to what the field means. */
  readonly read?: (written: number) => number
}
const HOURS_PER_HALF_DAY = 12
const NUMERIC: ReadonlyMap<string, Numeric> = new Map<string, Numeric>([
  ['u', { name: 'year', maxCount: 19, print: value => value.year() }],
  ['y', { name: 'yearOfEra', maxCount: 19, print: value => (value.year() > 0 ? value.year() : 1 - value.year()) }],
  ['Y', { name: 'ignored', maxCount: 19, print: value => endOfWeek(value).year() }],
  ['D', { name: 'dayOfYear', maxCount: 3, print: value => value.dayOfYear() }],
  ['M', { name: 'month', maxCount: 2, print: value => value.monthValue() }],
  ['L', { name: 'month', maxCount: 2, print: value => value.monthValue() }],
  ['d', { name: 'dayOfMonth', maxCount: 2, print: value => value.dayOfMonth() }],
  ['Q', { name: 'ignored', maxCount: 2, print: value => Math.ceil(value.monthValue() / 3) }],
  ['q', { name: 'ignored', maxCount: 2, print: value => Math.ceil(value.monthValue() / 3) }],
  ['w', { name: 'ignored', maxCount: 2, print: value => Math.ceil(endOfWeek(value).dayOfYear() / 7) }],
  ['e', { name: 'ignored', maxCount: 2, print: value => (value.dayOfWeek().value() % 7) + 1 }],
  ['c', { name: 'ignored', maxCount: 1, print: value => (value.dayOfWeek().value() % 7) + 1 }],
  ['F', { name: 'ignored', maxCount: 1, print: value => Math.ceil(value.dayOfMonth() / 7) }],
  ['H', { name: 'hour', maxCount: 2, print: value => value.hour() }],
  ['k', { name: 'hour', maxCount: 2, print: value => value.hour() || 24, read: hour => hour % 24 }],
  ['K', { name: 'hourOfAmPm', maxCount: 2, print: value => value.hour() % HOURS_PER_HALF_DAY }],
  [
    'h',
    {
      name: 'hourOfAmPm',
      maxCount: 2,
      print: value => value.hour() % HOURS_PER_HALF_DAY || HOURS_PER_HALF_DAY,
      read: hour => hour % HOURS_PER_HALF_DAY,
    },
  ],
  ['m', { name: 'minute', maxCount: 2, print: value => value.minute() }],
  ['s', { name: 'second', maxCount: 2, print: value => value.second() }],
  ['n', { name: 'nano', maxCount: 19, print: value => value.nano() }],
  ['A', { name: 'milliOfDay', maxCount: 19, print: value => value.get(ChronoField.MILLI_OF_DAY) }],
  ['N', { name: 'nanoOfDay', maxCount: 19, print: value => value.toLocalTime().toNanoOfDay() }],
])
/** Weeks begin on Sunday and belong to the year of their Saturday, as in the United States. */
function endOfWeek(value: ZonedDateTime): ZonedDateTime {
  return value.plusDays((6 - (value.dayOfWeek().value() % 7) + 7) % 7)
}

const isYear = (letter: string): boolean => letter === 'u' || letter === 'y' || letter === 'Y'
const isText = ({ letter, count }: Field): boolean =>
  letter === 'E' || letter === 'a' || letter === 'G' || ('MLec'.includes(letter) && count >= 3)
const isZone = (letter: string): boolean => 'VvzOXxZ'.includes(letter)

/** Nested deeper than anyone writes by hand. */
const MAX_NESTING = 20
const MAX_PATTERN_LENGTH = 1000

export class DatePattern {
  private readonly elements: readonly Element[]
  /** Throws EvaluationError for what is no pattern. */
  constructor(readonly pattern: string) {
    if (pattern.length > MAX_PATTERN_LENGTH) throw new EvaluationError(`date pattern longer than ${MAX_PATTERN_LENGTH}`)
    this.elements = compilePattern(pattern)
  }

  /** `has` says which fields there are: a DATE has no hour, a TIME no day. Throws for one that is missing. */
  print(value: ZonedDateTime, has: { readonly date: boolean; readonly time: boolean; readonly zone: boolean }): string {
    return printAll(this.elements, value, field => {
      const available = isZone(field.letter) ? has.zone : 'aHkKhmsSnAN'.includes(field.letter) ? has.time : has.date
      if (!available) throw new EvaluationError(`Unsupported field: ${field.letter} in '${this.pattern}'`)
    })
  }

  /**
   * Case counts for nothing. `lenient` is how FastDateFormat reads: numbers of any width, anything may follow.
   * Throws EvaluationError.
   */
  parse(text: string, mode: 'strict' | 'lenient' = 'strict'): ParsedFields {
    const parser = new TextParser(text, mode === 'lenient')
    parser.all(this.elements)
    if (mode === 'strict' && !parser.atEnd) parser.fail()
    return parser
  }
}

function compilePattern(pattern: string): Element[] {
  const stack: Element[][] = [[]]
  const add = (element: Element): void => {
    stack.at(-1)!.push(element)
  }
  for (let position = 0; position < pattern.length; ) {
    const character = pattern.charAt(position)
    if (/[A-Za-z]/.test(character)) {
      let count = 1
      while (pattern[position + count] === character) count++
      position += count
      checkField(character, count, pattern)
      add({ kind: 'FIELD', letter: character, count })
    } else if (character === "'") {
      const end = closingQuote(pattern, position)
      const text = pattern.slice(position + 1, end).replaceAll("''", "'")
      add({ kind: 'LITERAL', text: text === '' ? "'" : text })
      position = end + 1
    } else if (character === '[') {
      if (stack.push([]) > MAX_NESTING) throw new EvaluationError(`date pattern nested deeper than ${MAX_NESTING}`)
      position++
    } else if (character === ']') {
      const elements = stack.pop() as Element[]
      if (stack.length === 0) throw new EvaluationError('Pattern invalid as it contains ] without previous [')
      add({ kind: 'OPTIONAL', elements })
      position++
    } else if ('{}#'.includes(character)) {
      throw new EvaluationError(`Pattern includes reserved character: '${character}'`)
    } else {
      add({ kind: 'LITERAL', text: character })
      position++
    }
  }
  // A section that is not closed ends with the pattern.
  while (stack.length > 1) {
    const elements = stack.pop() as Element[]
    add({ kind: 'OPTIONAL', elements })
  }
  return stack[0] as Element[]
}
function closingQuote(pattern: string, start: number): number {
  for (let position = start + 1; position < pattern.length; position++) {
    if (pattern[position] !== "'") continue
    if (pattern[position + 1] !== "'" || position === start + 1) return position
    position++
  }
  throw new EvaluationError(`Pattern ends with an incomplete string literal: ${pattern}`)
}
function checkField(letter: string, count: number, pattern: string): void {
  const numeric = NUMERIC.get(letter)
  const known = numeric !== undefined || isZone(letter) || 'EaGS'.includes(letter)
  if (!known) throw new EvaluationError(`Unknown pattern letter: ${letter} in '${pattern}'`)
  const most = 'MLecQq'.includes(letter) ? NARROW : (numeric?.maxCount ?? MOST_LETTERS.get(letter) ?? NARROW)
  if (count > most) throw new EvaluationError(`Too many pattern letters: ${letter} in '${pattern}'`)
  if (letter === 'V' && count !== 2) throw new EvaluationError(`Pattern letter count must be 2: V in '${pattern}'`)
}
const MOST_LETTERS: ReadonlyMap<string, number> = new Map([
  ['S', 9],
  ['a', 1],
  ['z', 4],
  ['O', 4],
])

function printAll(elements: readonly Element[], value: ZonedDateTime, check: (field: Field) => void): string {
  return elements.map(element => printElement(element, value, check)).join('')
}
function printElement(element: Element, value: ZonedDateTime, check: (field: Field) => void): string {
  switch (element.kind) {
    case 'LITERAL':
      return element.text
    case 'FIELD':
      check(element)
      return printField(element, value)
    case 'OPTIONAL':
      try {
        return printAll(element.elements, value, check)
      } catch (error) {
        if (error instanceof EvaluationError) return ''
        throw error
      }
  }
}
function printField(field: Field, value: ZonedDateTime): string {
  const { letter, count } = field
  if (isText(field)) return textsOf(field)[textIndex(letter, value)] as string
  if (isZone(letter)) return printZone(letter, count, value)
  if (letter === 'S') return String(value.nano()).padStart(9, '0').slice(0, count)
  const number = (NUMERIC.get(letter) as Numeric).print(value)
  if (isYear(letter) && count === 2) return String(((number % 100) + 100) % 100).padStart(2, '0')
  const sign = number < 0 ? '-' : isYear(letter) && count >= 4 && String(number).length > count ? '+' : ''
  return sign + String(Math.abs(number)).padStart(count, '0')
}
function textIndex(letter: string, value: ZonedDateTime): number {
  switch (letter) {
    case 'a':
      return value.hour() < HOURS_PER_HALF_DAY ? 0 : 1
    case 'G':
      return value.year() > 0 ? 1 : 0
    case 'M':
    case 'L':
      return value.monthValue() - 1
    default:
      return value.dayOfWeek().value() - 1
  }
}
function textsOf({ letter, count }: Field): readonly string[] {
  if (letter === 'a') return AM_PM
  if (letter === 'G') return count === NARROW ? ERAS.narrow : count === FULL ? ERAS.full : ERAS.short
  const names = letter === 'M' || letter === 'L' ? MONTHS : DAYS
  return count === FULL ? names : names.map(name => name.slice(0, count === NARROW ? 1 : 3))
}

const TEXT_FIELDS: ReadonlyMap<string, { readonly name: FieldName; readonly base: number }> = new Map([
  ['a', { name: 'amPm', base: 0 }],
  ['G', { name: 'era', base: 0 }],
  ['M', { name: 'month', base: 1 }],
  ['L', { name: 'month', base: 1 }],
  ['E', { name: 'dayOfWeek', base: 1 }],
  ['e', { name: 'dayOfWeek', base: 1 }],
  ['c', { name: 'dayOfWeek', base: 1 }],
])

/** How an offset is written: with colons or without, minutes and seconds always, only where needed or never. */
interface OffsetStyle {
  readonly colon: string
  readonly minutes: 'always' | 'needed'
  readonly seconds: 'needed' | 'never'
  /** For the offset 0. */
  readonly zero: string
}
function offsetStyle(letter: string, count: number): OffsetStyle {
  const colon = count === 3 || count === 5 ? ':' : ''
  if (letter === 'Z')
    return count === 5
      ? { colon: ':', minutes: 'always', seconds: 'needed', zero: 'Z' }
      : { colon: '', minutes: 'always', seconds: 'never', zero: '+0000' }
  const zero = letter === 'X' ? 'Z' : count === 1 ? '+00' : `+00${colon}00`
  return {
    colon,
    minutes: count === 1 ? 'needed' : 'always',
    seconds: count >= 4 ? 'needed' : 'never',
    zero,
  }
}
const isLocalizedOffset = (letter: string, count: number): boolean => letter === 'O' || (letter === 'Z' && count === 4)

function printZone(letter: string, count: number, value: ZonedDateTime): string {
  if (letter === 'V') return value.zone().id()
  if (letter === 'z' || letter === 'v') return zoneName(value, count === FULL ? 'long' : 'short')
  const total = value.offset().totalSeconds()
  if (isLocalizedOffset(letter, count)) {
    if (total === 0) return 'GMT'
    const full = count === FULL
    const [sign, hours, minutes] = offsetParts(total)
    return `GMT${sign}${full ? String(hours).padStart(2, '0') : hours}${full || minutes > 0 ? `:${String(minutes).padStart(2, '0')}` : ''}`
  }
  return offsetText(total, offsetStyle(letter, count))
}
function offsetParts(totalSeconds: number): readonly [sign: string, hours: number, minutes: number, seconds: number] {
  const size = Math.abs(totalSeconds)
  return [totalSeconds < 0 ? '-' : '+', Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
}
function offsetText(totalSeconds: number, style: OffsetStyle): string {
  if (totalSeconds === 0) return style.zero
  const [sign, hours, minutes, seconds] = offsetParts(totalSeconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  let text = sign + two(hours)
  if (style.minutes === 'always' || minutes > 0) text += style.colon + two(minutes)
  if (style.seconds === 'needed' && seconds > 0) text += style.colon + two(seconds)
  return text
}

/** Years of two digits are of this century. */
const REDUCED_BASE = 2000

class TextParser implements ParsedFields {
  readonly values = new Map<FieldName, number>()
  zone: ZoneId | null = null
  private position = 0

  constructor(
    private readonly text: string,
    private readonly lenient: boolean,
  ) {}
  get atEnd(): boolean {
    return this.position === this.text.length
  }
  fail(): never {
    throw new EvaluationError(`Text '${this.text}' could not be parsed at index ${this.position}`)
  }

  all(elements: readonly Element[]): void {
    for (const [index, element] of elements.entries()) this.one(element, digitsAfter(elements, index))
  }
  /** `reserved` digits belong to the fields that follow without anything between. */
  private one(element: Element, reserved: number): void {
    switch (element.kind) {
      case 'LITERAL':
        return this.literal(element.text)
      case 'OPTIONAL':
        return this.optional(element.elements)
      case 'FIELD':
        if (isText(element)) return this.name(element)
        if (isZone(element.letter)) return this.zoneOf(element)
        return element.letter === 'S' ? this.fraction(element.count) : this.number(element, reserved)
    }
  }
  private optional(elements: readonly Element[]): void {
    const before = { position: this.position, values: new Map(this.values), zone: this.zone }
    try {
      this.all(elements)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.position = before.position
      this.zone = before.zone
      this.values.clear()
      for (const [name, value] of before.values) this.values.set(name, value)
    }
  }
  private literal(text: string): void {
    const found = this.text.slice(this.position, this.position + text.length)
    if (found.toLowerCase() !== text.toLowerCase()) this.fail()
    this.position += text.length
  }
  private name(field: Field): void {
    const rest = this.text.slice(this.position).toLowerCase()
    const candidates = this.lenient && 'ML'.includes(field.letter) ? [MONTHS, textsOf(field)] : [textsOf(field)]
    for (const names of candidates) {
      const index = names.findIndex(name => rest.startsWith(name.toLowerCase()))
      if (index < 0) continue
      const { name, base } = TEXT_FIELDS.get(field.letter) as { name: FieldName; base: number }
      this.position += (names[index] as string).length
      return this.set(name, index + base)
    }
    this.fail()
  }
  private number({ letter, count }: Field, reserved: number): void {
    const { name, read } = NUMERIC.get(letter) as Numeric
    const year = isYear(letter)
    const digits = this.digits(count, year, reserved)
    let value = Number(digits)
    if (year && count === 2 && digits.length === 2) value += REDUCED_BASE
    this.set(name, read?.(value) ?? value)
  }
  private digits(count: number, year: boolean, reserved: number): string {
    const sign = year && count !== 2 ? (/^[-+]/.exec(this.text.slice(this.position))?.[0] ?? '') : ''
    const available = /^\d*/.exec(this.text.slice(this.position + sign.length, this.position + 20))?.[0] ?? ''
    let width = available.length
    if (this.lenient) {
      if (reserved > 0) width = Math.min(width, count)
    } else if (year && count !== 2) {
      // More digits than letters need a sign.
      if (count >= 4 && sign === '') width = Math.min(width, count)
      else width = Math.max(width - reserved, Math.min(width, count))
      if (width < count) this.fail()
    } else if (count === 1) width = Math.max(width - reserved, Math.min(width, 1))
    else {
      if (width < count) this.fail()
      width = count
    }
    if (width === 0) this.fail()
    this.position += sign.length + width
    return (sign === '-' ? '-' : '') + available.slice(0, width)
  }
  private fraction(count: number): void {
    const digits = /^\d*/.exec(this.text.slice(this.position, this.position + (this.lenient ? 9 : count)))?.[0] ?? ''
    if (digits.length < (this.lenient ? 1 : count)) this.fail()
    this.position += digits.length
    this.set('nano', Number(digits.padEnd(9, '0')))
  }
  private set(name: FieldName, value: number): void {
    const before = this.values.get(name)
    if (before !== undefined && before !== value && name !== 'ignored' && !this.lenient) this.fail()
    this.values.set(name, value)
  }

  private zoneOf({ letter, count }: Field): void {
    const rest = this.text.slice(this.position)
    if (letter === 'V' || letter === 'z' || letter === 'v') {
      const parsed = parseZoneName(rest)
      if (parsed === null) this.fail()
      this.zone = parsed.zone
      this.position += parsed.length
      return
    }
    const pattern = isLocalizedOffset(letter, count) ? LOCALIZED_OFFSET : offsetPattern(offsetStyle(letter, count))
    const match = pattern.exec(rest)
    if (match === null) this.fail()
    const [found, sign, hours = '0', minutes = '0', seconds = '0'] = match
    const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    this.position += found.length
    this.zone = offsetOf(sign === '-' ? -total : total)
  }
}
const MAX_OFFSET_SECONDS = 18 * 3600
function offsetOf(totalSeconds: number): ZoneId {
  if (Math.abs(totalSeconds) > MAX_OFFSET_SECONDS)
    throw new EvaluationError('Zone offset not in valid range: -18:00 to +18:00')
  return ZoneOffset.ofTotalSeconds(totalSeconds)
}
const LOCALIZED_OFFSET = /^GMT(?:([-+])(\d{1,2})(?::(\d{2})(?::(\d{2}))?)?)?/i
function offsetPattern({ colon, minutes, seconds, zero }: OffsetStyle): RegExp {
  const minute = `${colon}([0-5]\\d)`
  const second = seconds === 'needed' ? `(?:${colon}([0-5]\\d))?` : '()'
  const tail = minutes === 'always' ? minute + second : `(?:${minute})?()`
  return new RegExp(`^(?:${zero === 'Z' ? 'Z|' : ''}([-+])(\\d{2})${tail})`, 'i')
}

/** How many digits the fixed-width numbers take that follow an element directly. */
function digitsAfter(elements: readonly Element[], index: number): number {
  let digits = 0
  for (const element of elements.slice(index + 1)) {
    if (element.kind !== 'FIELD' || isText(element) || isZone(element.letter)) break
    if (element.count === 1 && element.letter !== 'S') break
    digits += element.count
  }
  return digits
}
