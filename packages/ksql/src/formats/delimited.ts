/** DELIMITED: one line of values in the order of the columns, quoted as Apache Commons CSV does. Empty is NULL. */
import type { Column } from '../catalog/schema.ts'
import { castOf } from '../expressions/cast.ts'
import { javaText } from '../types/java-text.ts'
import { type SqlType, STRING } from '../types/sql-type.ts'
import type { SqlValue } from '../types/sql-value.ts'
import type { RowSerde } from './row-format.ts'
import { UnreadableRowError } from './unreadable-row-error.ts'

export function delimitedSerde(columns: readonly Column[], delimiter: string): RowSerde {
  const readers = columns.map(({ type, name }) => readerOf(type, name))
  return {
    serialize: row => {
      if (row === null) return null
      return Buffer.from(
        columns
          .map(({ type }, index) => quoted(textOf(row[index] ?? null, type), delimiter, index === 0))
          .join(delimiter),
      )
    },
    deserialize: bytes => {
      if (bytes === null) return null
      const fields = splitLine(bytes.toString(), delimiter)
      if (fields.length !== columns.length)
        throw new UnreadableRowError('DELIMITED', `${columns.length} columns expected, ${fields.length} found`)
      return fields.map((field, index) => readers[index]!(field))
    },
  }
}

function textOf(value: SqlValue, type: SqlType): string | null {
  if (value === null) return null
  // Times are numbers here, not ISO text.
  return type.kind === 'TIME' || type.kind === 'DATE' || type.kind === 'TIMESTAMP'
    ? String(value)
    : javaText(value, type)
}

function readerOf(type: SqlType, name: string): (field: string) => SqlValue {
  if (type.kind === 'STRING') return field => (field === '' ? null : field)
  const temporal = type.kind === 'TIME' || type.kind === 'DATE' || type.kind === 'TIMESTAMP'
  const convert = castOf(STRING, temporal ? { kind: 'BIGINT' } : type)
  if (convert === null) throw new TypeError(`the DELIMITED format holds no ${type.kind}`)
  return field => {
    if (field === '') return null
    try {
      return convert(field)
    } catch (error) {
      throw new UnreadableRowError('DELIMITED', `${name}: ${(error as Error).message}`)
    }
  }
}

const isAlphanumeric = (character: string): boolean => /[0-9A-Za-z]/.test(character)

/** Quotes only where reading back would go wrong, which at the start of a line is more often. */
function quoted(text: string | null, delimiter: string, first: boolean): string {
  if (text === null) return ''
  const start = text[0]
  const needed =
    start === undefined
      ? first
      : (first && !isAlphanumeric(start)) ||
        start <= '#' ||
        /[\r\n"]/.test(text) ||
        text.includes(delimiter) ||
        (text.at(-1) as string) <= ' '
  return needed ? `"${text.replaceAll('"', '""')}"` : text
}

function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = []
  let position = 0
  for (;;) {
    if (line[position] === '"') {
      let field = ''
      for (position++; ; ) {
        const end = line.indexOf('"', position)
        if (end < 0) throw new UnreadableRowError('DELIMITED', 'a quoted value does not end')
        field += line.slice(position, end)
        position = end + 1
        if (line[position] !== '"') break
        field += '"'
        position++
      }
      fields.push(field)
      if (position >= line.length) return fields
      if (line[position] !== delimiter) throw new UnreadableRowError('DELIMITED', 'text after a quoted value')
      position++
    } else {
      const end = line.indexOf(delimiter, position)
      if (end < 0) {
        fields.push(line.slice(position))
        return fields
      }
      fields.push(line.slice(position, end))
      position = end + 1
    }
  }
}
