/**
 * JSON: a record is an object by column name, a bare column its value. Names match exactly or, failing that, a field
 * whose name in capitals is the column's. Numbers keep every digit: a text with long numbers is read losslessly.
 */
import { LosslessNumber, parse as parseLossless } from 'lossless-json'
import type { Column } from '../catalog/schema.ts'
import { type BigInt64, fromDouble, normalise } from '../types/bigint.ts'
import { Decimal, DecimalError } from '../types/decimal.ts'
import { javaDoubleText } from '../types/java-double.ts'
import type { SqlType } from '../types/sql-type.ts'
import type { SqlMap, SqlValue } from '../types/sql-value.ts'
import type { RowSerde } from './row-format.ts'
import { UnreadableRowError } from './unreadable-row-error.ts'

type Json = null | boolean | number | string | LosslessNumber | Json[] | { [key: string]: Json }
type Read = (json: Json) => SqlValue
type Write = (value: SqlValue) => string

/** From this many digits on a double may not hold a number of the text. */
const LONG_NUMBER = /[\d.]{16}/

export function parseJson(text: string): Json {
  try {
    return LONG_NUMBER.test(text) ? (parseLossless(text) as Json) : JSON.parse(text)
  } catch (error) {
    throw new UnreadableRowError('JSON', (error as Error).message)
  }
}

export function jsonSerde(columns: readonly Column[], bare: boolean): RowSerde {
  const [only] = columns
  if (bare && only !== undefined) {
    const [read, write] = [readerOf(only.type), writerOf(only.type)]
    return {
      serialize: row => {
        const value = row?.[0] ?? null
        return value === null ? null : Buffer.from(write(value))
      },
      deserialize: bytes => {
        if (bytes === null) return null
        return [read(parseJson(bytes.toString()))]
      },
    }
  }
  const read = recordReader(columns)
  const write = recordWriter(columns)
  return {
    serialize: row => (row === null ? null : Buffer.from(write(row))),
    deserialize: bytes => {
      if (bytes === null) return null
      const json = parseJson(bytes.toString())
      return json === null ? null : read(json)
    },
  }
}

function recordReader(columns: readonly { name: string; type: SqlType }[]): (json: Json) => SqlValue[] {
  const readers = columns.map(({ type }) => readerOf(type))
  const indexes = new Map(columns.map(({ name }, index) => [name, index]))
  return json => {
    if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof LosslessNumber)
      throw new UnreadableRowError('JSON', 'an object is expected')
    const row: SqlValue[] = new Array(columns.length).fill(null)
    const exact: boolean[] = []
    for (const [name, value] of Object.entries(json)) {
      const at = indexes.get(name)
      const index = at ?? indexes.get(name.toUpperCase())
      if (index === undefined || (at === undefined && exact[index])) continue
      if (at !== undefined) exact[index] = true
      row[index] = value === null ? null : readColumn(readers[index] as Read, value, columns[index]!.name)
    }
    return row
  }
}
function readColumn(read: Read, value: Json, name: string): SqlValue {
  try {
    return read(value)
  } catch (error) {
    if (error instanceof UnreadableRowError) throw new UnreadableRowError('JSON', `${name}: ${error.reason}`)
    throw error
  }
}

function readerOf(type: SqlType): Read {
  const wrong = (json: Json): never => {
    throw new UnreadableRowError('JSON', `${describe(json)} is no ${type.kind}`)
  }
  const notNull =
    (read: Read): Read =>
    json =>
      json === null ? null : read(json)
  switch (type.kind) {
    case 'BOOLEAN':
      return notNull(json => (typeof json === 'boolean' ? json : wrong(json)))
    case 'INTEGER':
    case 'TIME':
    case 'DATE':
      return notNull(json => {
        const value = Number(integerOf(json, wrong))
        return value >= -(2 ** 31) && value < 2 ** 31 ? value : wrong(json)
      })
    case 'BIGINT':
    case 'TIMESTAMP':
      return notNull(json => integerOf(json, wrong))
    case 'DOUBLE':
      return notNull(json => {
        if (typeof json === 'number') return json
        if (json instanceof LosslessNumber) return Number(json.value)
        const text = typeof json === 'string' ? json.trim() : ''
        if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text)
        return text !== '' && Number.isFinite(Number(text)) ? Number(text) : wrong(json)
      })
    case 'DECIMAL':
      return notNull(json => {
        const text =
          json instanceof LosslessNumber
            ? json.value
            : typeof json === 'number' || typeof json === 'string'
              ? String(json)
              : ''
        try {
          return Decimal.parse(text.trim()).fitExactly(type)
        } catch (error) {
          if (error instanceof DecimalError) throw new UnreadableRowError('JSON', error.message)
          throw error
        }
      })
    case 'STRING':
      return notNull(json => (typeof json === 'string' ? json : jsonText(json)))
    case 'BYTES':
      return notNull(json => (typeof json === 'string' ? Buffer.from(json, 'base64') : wrong(json)))
    case 'ARRAY': {
      const element = readerOf(type.element)
      return notNull(json => (Array.isArray(json) ? json.map(element) : wrong(json)))
    }
    case 'MAP': {
      const value = readerOf(type.value)
      return notNull(json => {
        if (typeof json !== 'object' || Array.isArray(json) || json instanceof LosslessNumber) return wrong(json)
        return new Map(Object.entries(json as { [key: string]: Json }).map(([key, inner]) => [key, value(inner)]))
      })
    }
    case 'STRUCT':
      return notNull(recordReader(type.fields))
  }
}

function integerOf(json: Json, wrong: (json: Json) => never): BigInt64 {
  const text = json instanceof LosslessNumber ? json.value : typeof json === 'string' ? json.trim() : null
  if (text !== null) {
    if (/^[-+]?\d+$/.test(text)) {
      const value = BigInt(text.replace('+', ''))
      return BigInt.asIntN(64, value) === value ? normalise(value) : wrong(json)
    }
    return json instanceof LosslessNumber ? fromDouble(Number(text)) : wrong(json)
  }
  return typeof json === 'number' ? fromDouble(json) : wrong(json)
}

function describe(json: Json): string {
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'an array'
  return typeof json === 'object' && !(json instanceof LosslessNumber) ? 'an object' : jsonText(json).slice(0, 64)
}

/** Compact JSON with numbers as they were read. */
export function jsonText(json: Json): string {
  if (json instanceof LosslessNumber) return json.value
  if (Array.isArray(json)) return `[${json.map(jsonText).join(',')}]`
  if (typeof json === 'object' && json !== null)
    return `{${Object.entries(json)
      .map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`)
      .join(',')}}`
  return JSON.stringify(json)
}

function recordWriter(columns: readonly { name: string; type: SqlType }[]): (row: readonly SqlValue[]) => string {
  const writers = columns.map(({ type }) => writerOf(type))
  const labels = columns.map(({ name }) => `${JSON.stringify(name)}:`)
  return row => {
    let text = '{'
    for (let index = 0; index < writers.length; index++)
      text += (index === 0 ? '' : ',') + labels[index]! + writers[index]!(row[index] ?? null)
    return `${text}}`
  }
}

export function writerOf(type: SqlType): Write {
  const orNull =
    (write: Write): Write =>
    value =>
      value === null ? 'null' : write(value)
  switch (type.kind) {
    case 'STRING':
      return orNull(value => JSON.stringify(value))
    case 'BYTES':
      return orNull(value => `"${(value as Buffer).toString('base64')}"`)
    case 'DOUBLE':
      return orNull(value =>
        Number.isFinite(value) ? javaDoubleText(value as number) : `"${javaDoubleText(value as number)}"`,
      )
    case 'DECIMAL':
      return orNull(value => (value as Decimal).toPlainString())
    case 'ARRAY': {
      const element = writerOf(type.element)
      return orNull(value => `[${(value as SqlValue[]).map(element).join(',')}]`)
    }
    case 'MAP': {
      const inner = writerOf(type.value)
      return orNull(
        value =>
          `{${[...(value as SqlMap)].map(([key, mapped]) => `${JSON.stringify(String(key))}:${inner(mapped)}`).join(',')}}`,
      )
    }
    case 'STRUCT': {
      const write = recordWriter(type.fields)
      return orNull(value => write(value as SqlValue[]))
    }
    default:
      return orNull(String)
  }
}
