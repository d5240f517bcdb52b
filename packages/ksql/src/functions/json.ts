import { EvaluationError } from '../expressions/compiled.ts'
import type { BigInt64 } from '../types/bigint.ts'
import type { Decimal } from '../types/decimal.ts'
import { javaDoubleText } from '../types/java-double.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlArray, SqlMap, SqlValue } from '../types/sql-value.ts'
import { printDate, printTime, printTimestamp } from '../types/temporal.ts'
import { type JsonDocument, JsonNumber, type JsonObject, jsonString, readJson, writeJson } from './json-document.ts'
import { checkLength } from './limits.ts'
import { overload, type ScalarFunction, scalar, typedOverload } from './scalar-function.ts'

const isArray = (document: JsonDocument | undefined): document is readonly JsonDocument[] => Array.isArray(document)
const isObject = (document: JsonDocument | undefined): document is JsonObject => document instanceof Map
/** A text without its quotes, everything else as JSON. */
const textOf = (document: JsonDocument): string => (typeof document === 'string' ? document : writeJson(document))

/** The steps of `$.a.b[0]["c"]`. Throws EvaluationError. */
function parsePath(path: string): string[] {
  const invalid = (): never => {
    throw new EvaluationError(`Invalid JSON path: '${path}'`)
  }
  if (!path.startsWith('$')) invalid()
  const steps: string[] = []
  for (let position = 1; position < path.length; ) {
    STEP.lastIndex = position
    const match = STEP.exec(path) ?? invalid()
    steps.push(match[1] ?? match[2] ?? match[3]!.replace(/\\(["\\])/g, '$1'))
    position += match[0].length
  }
  return steps
}
const STEP = /\.([\p{L}\p{Nd}_:@]+)|\[([\p{L}\p{Nd}_]+)\]|\["((?:[^"\\]|\\["\\])*)"\]/uy

function stepInto(document: JsonDocument, step: string): JsonDocument | undefined {
  if (isArray(document)) return /^[-+]?\d+$/.test(step) ? document[Number(step)] : undefined
  return isObject(document) ? document.get(step) : undefined
}
/** A call site nearly always has one path, so the last one is kept. */
function extractField() {
  let last: { readonly path: string; readonly steps: readonly string[] } | undefined
  return (text: string, path: string): string | null => {
    if (last?.path !== path) last = { path, steps: parsePath(path) }
    let document = readJson(text)
    for (const step of last.steps) {
      if (document === undefined) return null
      document = stepInto(document, step)
    }
    return document === undefined ? null : textOf(document)
  }
}

function isJson(text: string | null): boolean {
  if (text === null) return false
  try {
    return readJson(text) !== undefined
  } catch (error) {
    if (error instanceof EvaluationError) return false
    throw error
  }
}

/** Whether an element of JSON is the value: whole numbers only equal INTEGER and BIGINT, others only DOUBLE. */
function equals(element: JsonDocument, value: SqlValue, type: SqlType | null): boolean {
  if (element instanceof JsonNumber) {
    if (element.isInteger)
      return (type?.kind === 'INTEGER' || type?.kind === 'BIGINT') && BigInt(element.text) === BigInt(value as BigInt64)
    return type?.kind === 'DOUBLE' && Number(element.text) === value
  }
  return element === value
}
function arrayContains([, type = null]: readonly (SqlType | null)[]) {
  return (text: string | null, value: SqlValue): boolean | null => {
    if (text === null) return null
    if (!isJson(text)) return false
    const document = readJson(text)
    if (!isArray(document)) return false
    return document.some(element =>
      element === null || value === null ? element === value : equals(element, value, type),
    )
  }
}

/** Objects become one object, later fields replacing earlier ones; otherwise everything becomes one array. */
function concat(...texts: string[]): string | null {
  const documents = texts.map(readJson)
  if (documents.length === 0) return null
  checkLength(
    texts.reduce((total, text) => total + text.length, 0),
    'JSON_CONCAT',
  )
  if (documents.includes(undefined)) return null
  const present = documents as JsonDocument[]
  if (present.every(isObject)) return writeJson(new Map(present.flatMap(object => [...object])), 'plain')
  if (present.length === 1) return writeJson(present[0] as JsonDocument, 'plain')
  return writeJson(
    present.flatMap(document => (isArray(document) ? [...document] : [document])),
    'plain',
  )
}

function arrayItems(text: string): SqlArray | null {
  const document = readJson(text)
  if (document === null) return null
  if (!isArray(document)) throw new EvaluationError(`Invalid JSON format: no array: ${text.slice(0, 200)}`)
  return document.map(element => writeJson(element))
}

/** Of a type; fields and keys sorted by name, temporal values as text. */
function jsonWriter(type: SqlType | null): (value: SqlValue) => string {
  const write = notNullWriter(type)
  return value => (value === null ? 'null' : write(value))
}
function notNullWriter(type: SqlType | null): (value: SqlValue) => string {
  switch (type?.kind) {
    case 'STRING':
      return value => jsonString(value as string)
    case 'DOUBLE':
      return value =>
        Number.isFinite(value) ? javaDoubleText(value as number) : `"${javaDoubleText(value as number)}"`
    case 'DECIMAL':
      return value => (value as Decimal).toPlainString()
    case 'BYTES':
      return value => `"${(value as Buffer).toString('base64')}"`
    case 'DATE':
      return value => `"${printDate(value as number)}"`
    case 'TIME':
      // Whole seconds, as in ksqlDB.
      return value => `"${printTime((value as number) - ((value as number) % 1000))}"`
    case 'TIMESTAMP':
      return value => `"${printTimestamp(value as number)}"`
    case 'ARRAY': {
      const element = jsonWriter(type.element)
      return value => `[${(value as SqlArray).map(element).join()}]`
    }
    case 'MAP': {
      const mapped = jsonWriter(type.value)
      return value =>
        objectText([...(value as SqlMap)].map(([key, inner]): [string, string] => [String(key), mapped(inner)]))
    }
    case 'STRUCT': {
      const fields = type.fields.map(field => ({ name: field.name, write: jsonWriter(field.type) }))
      return value =>
        objectText(
          fields.map(({ name, write }, index): [string, string] => [name, write((value as SqlArray)[index] ?? null)]),
        )
    }
    default:
      return String
  }
}
function objectText(fields: [name: string, json: string][]): string {
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([name, json]) => `${jsonString(name)}:${json}`).join()}}`
}

export const jsonFunctions: readonly ScalarFunction[] = [
  scalar('extractjsonfield', 'JSON', 'What a path like $.a.b[0] leads to in a JSON text.', [
    typedOverload('(VARCHAR input, VARCHAR path): VARCHAR', extractField),
  ]),
  scalar('IS_JSON_STRING', 'JSON', 'Whether a text is JSON.', [
    overload('(VARCHAR input): BOOLEAN', isJson, { takesNulls: true }),
  ]),
  scalar('JSON_ARRAY_CONTAINS', 'JSON', 'Whether a JSON array has a value as its element.', [
    typedOverload('(VARCHAR jsonArray, T val): BOOLEAN', arrayContains, { takesNulls: true }),
  ]),
  scalar('JSON_ARRAY_LENGTH', 'JSON', 'How many elements a JSON array has.', [
    overload('(VARCHAR jsonArray): INT', (text: string) => {
      const document = readJson(text)
      return isArray(document) ? document.length : null
    }),
  ]),
  scalar('JSON_CONCAT', 'JSON', 'JSON objects merged into one, or anything else into an array.', [
    overload('(VARCHAR... jsonStrings): VARCHAR', concat),
  ]),
  scalar('JSON_ITEMS', 'JSON', 'The elements of a JSON array as JSON texts.', [
    overload('(VARCHAR jsonItems): ARRAY<VARCHAR>', arrayItems),
  ]),
  scalar('JSON_KEYS', 'JSON', 'The names of the fields of a JSON object.', [
    overload('(VARCHAR jsonObj): ARRAY<VARCHAR>', (text: string) => {
      const document = readJson(text)
      return isObject(document) ? [...document.keys()] : null
    }),
  ]),
  scalar('JSON_RECORDS', 'JSON', 'The fields of a JSON object as a map of texts.', [
    overload('(VARCHAR jsonObj): MAP<VARCHAR, VARCHAR>', (text: string) => {
      const document = readJson(text)
      return isObject(document) ? new Map([...document].map(([name, value]) => [name, textOf(value)])) : null
    }),
  ]),
  scalar('TO_JSON_STRING', 'JSON', 'A value as JSON.', [
    typedOverload('(T input): VARCHAR', ([type = null]) => jsonWriter(type), { takesNulls: true }),
  ]),
]
