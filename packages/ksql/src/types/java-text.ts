/** A value as Java's String.valueOf shows it: what CAST(… AS STRING) and CONCAT give. */
import type { Decimal } from './decimal.ts'
import { javaDoubleText } from './java-double.ts'
import type { SqlType } from './sql-type.ts'
import type { SqlMap, SqlValue } from './sql-value.ts'
import { printDate, printTime, printTimestamp } from './temporal.ts'

export function javaText(value: SqlValue, type: SqlType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'DOUBLE':
      return javaDoubleText(value as number)
    case 'DECIMAL':
      return (value as Decimal).toPlainString()
    case 'DATE':
      return printDate(value as number)
    case 'TIME':
      return printTime(value as number)
    case 'TIMESTAMP':
      return printTimestamp(value as number)
    case 'BYTES':
      return (value as Buffer).toString('base64')
    case 'ARRAY':
      return `[${(value as SqlValue[]).map(element => javaText(element, type.element)).join(', ')}]`
    case 'MAP':
      return `{${[...(value as SqlMap)].map(([key, mapped]) => `${javaText(key, type.key)}=${javaText(mapped, type.value)}`).join(', ')}}`
    case 'STRUCT': {
      const struct = value as readonly SqlValue[]
      const fields = type.fields.flatMap((field, index) => {
        const inner = struct[index] ?? null
        return inner === null ? [] : [`${field.name}=${javaText(inner, field.type)}`]
      })
      return `Struct{${fields.join(',')}}`
    }
    default:
      return String(value)
  }
}
