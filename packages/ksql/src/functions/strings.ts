/** Positions and lengths count UTF-16 code units, as Java's do. */
import { createHash } from 'node:crypto'
import { type Random, randomUuid } from '@millrace/platform'
import { EvaluationError } from '../expressions/compiled.ts'
import type { SqlArray, SqlMap } from '../types/sql-value.ts'
import { checkLength } from './limits.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'
import { bytesOfText, textEncoding, textOfBytes } from './text-encodings.ts'

const takesNulls = { takesNulls: true }

function joinTexts(separator: string, texts: readonly (string | null)[]): string {
  const present = texts.filter(text => text !== null)
  checkLength(totalLength(present) + separator.length * present.length, 'CONCAT')
  return present.join(separator)
}
function joinBytes(separator: Buffer, parts: readonly (Buffer | null)[]): Buffer {
  const present = parts.filter(part => part !== null)
  checkLength(totalLength(present) + separator.length * present.length, 'CONCAT')
  return Buffer.concat(present.flatMap((part, index) => (index === 0 ? [part] : [separator, part])))
}
function totalLength(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((total, part) => total + part.length, 0)
}
const NO_BYTES = Buffer.alloc(0)

/** Null when the target length is negative or there is nothing to pad with. */
function padding(side: 'left' | 'right') {
  return <V extends string | Buffer>(input: V, length: number, pad: V): V | null => {
    if (pad.length === 0 || length < 0) return null
    checkLength(length, side === 'left' ? 'LPAD' : 'RPAD')
    if (typeof input === 'string') {
      const cut = input.slice(0, length)
      return (side === 'left' ? cut.padStart(length, pad as string) : cut.padEnd(length, pad as string)) as V
    }
    const cut = input.subarray(0, length)
    const filling = Buffer.alloc(length - cut.length, pad as Buffer)
    return Buffer.concat(side === 'left' ? [filling, cut] : [cut, filling]) as V
  }
}

/** Positions count from 1; a negative one counts from the end; outside the nearest end is taken. */
function substring<V extends string | Buffer>(input: V, position: number, length = input.length): V {
  const start = position < 0 ? Math.max(input.length + position, 0) : Math.max(Math.min(position - 1, input.length), 0)
  const end = Math.max(Math.min(start + length, input.length), start)
  return (typeof input === 'string' ? input.slice(start, end) : input.subarray(start, end)) as V
}

/** Where the `occurrence`-th match starts, from 1; 0 when there is none. A negative position searches backwards. */
function position(
  text: string | null,
  wanted: string | null,
  from: number | null = 1,
  occurrence: number | null = 1,
): number | null {
  if (from === null || occurrence === null) return null
  if (text === null || wanted === null || from === 0 || Math.abs(from) > text.length || occurrence < 1) return 0
  let at = from > 0 ? from - 2 : text.length + from + 2 - wanted.length
  for (let found = 0; found < occurrence; found++) {
    // lastIndexOf takes a negative start for 0.
    if (from < 0 && at <= 0) return 0
    at = from > 0 ? text.indexOf(wanted, at + 1) : text.lastIndexOf(wanted, at - 1)
    if (at < 0) return 0
    if (wanted === '') break
  }
  return at + 1
}

function split(text: string, delimiter: string): SqlArray {
  return delimiter === '' && text !== '' ? [...text] : delimiter === '' ? [''] : text.split(delimiter)
}
function splitBytes(bytes: Buffer, delimiter: Buffer): SqlArray {
  if (bytes.length === 0) return [bytes]
  const parts: Buffer[] = []
  if (delimiter.length === 0) {
    for (let index = 0; index < bytes.length; index++) parts.push(bytes.subarray(index, index + 1))
    return parts
  }
  let start = 0
  for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, start)) {
    parts.push(bytes.subarray(start, at))
    start = at + delimiter.length
  }
  return [...parts, bytes.subarray(start)]
}
/** Entries without the inner delimiter are left out; of a key that comes twice the last value counts. */
function splitToMap(text: string, entryDelimiter: string, keyDelimiter: string): SqlMap | null {
  if (entryDelimiter === '' || keyDelimiter === '' || entryDelimiter === keyDelimiter) return null
  const entries = text.split(entryDelimiter).filter(entry => entry.includes(keyDelimiter))
  return new Map(entries.map(entry => entry.split(keyDelimiter, 2) as [string, string]))
}

function replace(text: string, from: string, to: string): string {
  const matches = from === '' ? text.length + 1 : text.split(from).length - 1
  checkLength(text.length + matches * (to.length - from.length), 'REPLACE')
  return text.replaceAll(from, () => to)
}

/** Words are what white space separates; white space before the first one is dropped. */
function initialCapitals(text: string): string {
  const words = text.toLowerCase().match(/[^ \t\n\v\f\r]+[ \t\n\v\f\r]*/g) ?? []
  return words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const MAX_CODE_POINT = 0x10ffff
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
])
/** `\u004b` and what follows it, escaped as in Java. Null for other texts. */
function unescaped(text: string): string | null {
  if (text.length < 6 || !text.startsWith('\\u')) return null
  return text.replace(/\\(?:u+\+?([0-9a-fA-F]{4})|(.))/gsu, (_, code: string | undefined, letter: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    if (letter === 'u') throw new EvaluationError(`CHR: malformed escape in '${text.slice(0, 64)}'`)
    return ESCAPES.get(letter) ?? letter
  })
}

/** The hex of ENCODE may be written `0x4b` or `X'4b'`. */
function bareHex(text: string): string {
  if (text.startsWith('0x')) return (text.length % 2 === 0 ? '' : '0') + text.slice(2)
  return /^[xX]'.*'$/s.test(text) ? text.slice(2, -1) : text
}
function encode(text: string, from: string, to: string): string {
  const [source, target] = [from.toLowerCase(), to.toLowerCase()]
  if (source === target || ![source, target].every(name => ['hex', 'utf8', 'ascii', 'base64'].includes(name)))
    throw new EvaluationError('Supported input and output encodings are: hex, utf8, ascii and base64')
  // Unlike TO_BYTES, ENCODE skips what is no base64.
  const bytes =
    source === 'base64'
      ? Buffer.from(text, 'base64')
      : bytesOfText(source === 'hex' ? bareHex(text) : text, textEncoding(source))
  return textOfBytes(bytes, textEncoding(target))
}

function uuidOf(bytes: Buffer): string | null {
  if (bytes.length !== 16) return null
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export function stringFunctions(random: Random): ScalarFunction[] {
  return [
    scalar('Chr', 'STRING', 'The character of a code point or of a Java escape.', [
      overload('(INT decimalCode): VARCHAR', (code: number) =>
        code < 0 || code > MAX_CODE_POINT ? null : String.fromCodePoint(code),
      ),
      overload('(VARCHAR utf16Code): VARCHAR', unescaped),
    ]),
    scalar('concat', 'STRING', 'All values that are not NULL, one after the other.', [
      overload('(VARCHAR... inputs): VARCHAR', (...texts: (string | null)[]) => joinTexts('', texts), takesNulls),
      overload('(BYTES... inputs): BYTES', (...parts: (Buffer | null)[]) => joinBytes(NO_BYTES, parts), takesNulls),
    ]),
    scalar('concat_ws', 'STRING', 'All values that are not NULL with the first argument between them.', [
      overload(
        '(VARCHAR... inputs): VARCHAR',
        (separator: string | null = null, ...texts: (string | null)[]) => {
          if (texts.length === 0) throw new EvaluationError('Function Concat_WS expects at least two input arguments.')
          return separator === null ? null : joinTexts(separator, texts)
        },
        takesNulls,
      ),
      overload(
        '(BYTES... inputs): BYTES',
        (separator: Buffer | null = null, ...parts: (Buffer | null)[]) => {
          if (parts.length === 0) throw new EvaluationError('Function Concat_WS expects at least two input arguments.')
          return separator === null ? null : joinBytes(separator, parts)
        },
        takesNulls,
      ),
    ]),
    scalar('elt', 'STRING', 'The n-th of the texts, from 1.', [
      overload(
        '(INT n, VARCHAR... args): VARCHAR',
        (n: number | null, ...texts: (string | null)[]) => (n === null || n < 1 ? null : (texts[n - 1] ?? null)),
        takesNulls,
      ),
    ]),
    scalar('encode', 'STRING', 'A text from one encoding into another: hex, utf8, ascii or base64.', [
      overload('(VARCHAR str, VARCHAR inputEncoding, VARCHAR outputEncoding): VARCHAR', encode),
    ]),
    scalar('field', 'STRING', 'The position of a text among others, from 1; 0 when it is not there.', [
      overload(
        '(VARCHAR str, VARCHAR... args): INT',
        (text: string | null, ...others: (string | null)[]) => (text === null ? 0 : others.indexOf(text) + 1),
        takesNulls,
      ),
    ]),
    scalar('from_bytes', 'STRING', 'Bytes as text in an encoding: hex, utf8, ascii or base64.', [
      overload('(BYTES value, VARCHAR encoding): VARCHAR', (bytes: Buffer, name: string) => {
        const encoding = textEncoding(name)
        const text = textOfBytes(bytes, encoding)
        return encoding === 'hex' ? text.toUpperCase() : text
      }),
    ]),
    scalar('initcap', 'STRING', 'Each word with a capital first letter and the rest in lower case.', [
      overload('(VARCHAR str): VARCHAR', initialCapitals),
    ]),
    scalar('instr', 'STRING', 'The position of a text in another, from 1; 0 when it is not there.', [
      overload('(VARCHAR str, VARCHAR substring): INT', position, takesNulls),
      overload('(VARCHAR str, VARCHAR substring, INT position): INT', position, takesNulls),
      overload('(VARCHAR str, VARCHAR substring, INT position, INT occurrence): INT', position, takesNulls),
    ]),
    scalar('lcase', 'STRING', 'The text in lower case.', [
      overload('(VARCHAR input): VARCHAR', (text: string) => text.toLowerCase()),
    ]),
    scalar('len', 'STRING', 'The length of a text or of bytes.', [
      overload('(VARCHAR input): INT', (text: string) => text.length),
      overload('(BYTES input): INT', (bytes: Buffer) => bytes.length),
    ]),
    scalar('LPad', 'STRING', 'Padded at the start, or cut, to a length.', [
      overload('(VARCHAR input, INT targetLen, VARCHAR padding): VARCHAR', padding('left')),
      overload('(BYTES input, INT targetLen, BYTES padding): BYTES', padding('left')),
    ]),
    scalar('md5', 'STRING', 'The MD5 hash of a text, in hex.', [
      overload('(VARCHAR s): VARCHAR', (text: string) => createHash('md5').update(text, 'utf8').digest('hex')),
    ]),
    scalar('replace', 'STRING', 'The text with every occurrence of one text replaced by another.', [
      overload('(VARCHAR str, VARCHAR oldStr, VARCHAR newStr): VARCHAR', replace),
    ]),
    scalar('RPad', 'STRING', 'Padded at the end, or cut, to a length.', [
      overload('(VARCHAR input, INT targetLen, VARCHAR padding): VARCHAR', padding('right')),
      overload('(BYTES input, INT targetLen, BYTES padding): BYTES', padding('right')),
    ]),
    scalar('split', 'STRING', 'The parts between delimiters; without a delimiter every character or byte.', [
      overload('(VARCHAR string, VARCHAR delimiter): ARRAY<VARCHAR>', split),
      overload('(BYTES bytes, BYTES delimiter): ARRAY<BYTES>', splitBytes),
    ]),
    scalar('split_to_map', 'STRING', 'The entries between delimiters as a map.', [
      overload('(VARCHAR input, VARCHAR entryDelimiter, VARCHAR kvDelimiter): MAP<VARCHAR, VARCHAR>', splitToMap),
    ]),
    scalar('substring', 'STRING', 'The part from a position, of a length or up to the end.', [
      overload('(VARCHAR str, INT pos): VARCHAR', substring),
      overload('(VARCHAR str, INT pos, INT length): VARCHAR', substring),
      overload('(BYTES bytes, INT pos): BYTES', substring),
      overload('(BYTES bytes, INT pos, INT length): BYTES', substring),
    ]),
    scalar('to_bytes', 'STRING', 'The bytes that a text means in an encoding: hex, utf8, ascii or base64.', [
      overload('(VARCHAR value, VARCHAR encoding): BYTES', (text: string, name: string) =>
        bytesOfText(text, textEncoding(name)),
      ),
    ]),
    scalar('trim', 'STRING', 'The text without white space at its ends.', [
      overload('(VARCHAR input): VARCHAR', trimmed),
    ]),
    scalar('ucase', 'STRING', 'The text in capitals.', [
      overload('(VARCHAR input): VARCHAR', (text: string) => text.toUpperCase()),
    ]),
    scalar('UUID', 'STRING', 'A random UUID, or 16 bytes as one.', [
      overload('(): VARCHAR', () => randomUuid(random)),
      overload('(BYTES bytes): VARCHAR', uuidOf),
    ]),
  ]
}

/** White space is everything up to U+0020, as in java.lang.String.trim. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}
