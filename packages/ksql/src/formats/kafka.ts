/** KAFKA: one column in the encoding of Kafka's own serializers. */
import type { Column } from '../catalog/schema.ts'
import type { BigInt64 } from '../types/bigint.ts'
import { normalise } from '../types/bigint.ts'
import type { SqlValue } from '../types/sql-value.ts'
import type { RowSerde } from './row-format.ts'
import { UnreadableRowError } from './unreadable-row-error.ts'

export function kafkaSerde(columns: readonly Column[]): RowSerde {
  const [column, second] = columns
  if (second !== undefined) throw new TypeError(`the KAFKA format holds one column, not ${columns.length}`)
  if (column === undefined) return { serialize: () => null, deserialize: bytes => (bytes === null ? null : []) }
  const { write, read } = codecOf(column)
  return {
    serialize: row => {
      const value = row?.[0] ?? null
      return value === null ? null : write(value)
    },
    deserialize: bytes => (bytes === null ? null : [read(bytes)]),
  }
}

function codecOf({ type, name }: Column): { write(value: SqlValue): Uint8Array; read(bytes: Buffer): SqlValue } {
  const sized = (length: number, read: (bytes: Buffer) => SqlValue) => (bytes: Buffer) => {
    if (bytes.length !== length)
      throw new UnreadableRowError('KAFKA', `${type.kind} ${name} has ${bytes.length} bytes, not ${length}`)
    return read(bytes)
  }
  switch (type.kind) {
    case 'INTEGER':
      return {
        write(value) {
          const bytes = Buffer.allocUnsafe(4)
          bytes.writeInt32BE(value as number)
          return bytes
        },
        read: sized(4, bytes => bytes.readInt32BE()),
      }
    case 'BIGINT':
      return {
        write(value) {
          const bytes = Buffer.allocUnsafe(8)
          bytes.writeBigInt64BE(BigInt(value as BigInt64))
          return bytes
        },
        read: sized(8, bytes => normalise(bytes.readBigInt64BE())),
      }
    case 'DOUBLE':
      return {
        write(value) {
          const bytes = Buffer.allocUnsafe(8)
          bytes.writeDoubleBE(value as number)
          return bytes
        },
        read: sized(8, bytes => bytes.readDoubleBE()),
      }
    case 'BYTES':
      return { write: value => value as Buffer, read: bytes => Buffer.from(bytes) }
    case 'STRING':
      return { write: value => Buffer.from(value as string), read: bytes => bytes.toString() }
    default:
      throw new TypeError(`the KAFKA format holds no ${type.kind}`)
  }
}
