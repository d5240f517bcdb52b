import { javaDoubleText } from './java-numbers.ts'
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from './json-value.ts'

/** Compact JSON as Jackson prints a tree: numbers from their parsed value, non-ASCII as it is. */
export function printJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return printJsonString(value)
  if (value instanceof JsonNumber) return printJsonNumber(value)
  if (isJsonArray(value)) return `[${value.map(printJson).join(',')}]`
  if (isJsonObject(value))
    return `{${[...value].map(([name, member]) => `${printJsonString(name)}:${printJson(member)}`).join(',')}}`
  throw new TypeError('not a JSON value')
}

/** The same with the properties of every object in code unit order. */
export function printSortedJson(value: JsonValue): string {
  return printJson(sortedJson(value))
}

export function sortedJson(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sortedJson)
  if (!isJsonObject(value)) return value
  const names = [...value.keys()].sort()
  return new Map(names.map(name => [name, sortedJson(value.get(name) ?? null)]))
}

function printJsonNumber(number: JsonNumber): string {
  if (number.isInteger) return number.text === '-0' ? '0' : number.text
  const value = number.toNumber()
  return Number.isFinite(value) ? javaDoubleText(value) : JSON.stringify(javaDoubleText(value))
}

/** Jackson writes control characters in capitals and leaves lone surrogates alone; `JSON.stringify` does neither. */
export function printJsonString(text: string): string {
  let printed = '"'
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) printed += '\\"'
    else if (code === 0x5c) printed += '\\\\'
    else if (code < 0x20) printed += SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    else printed += text[index]
  }
  return `${printed}"`
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
])
