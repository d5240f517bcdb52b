import { EvaluationError } from '../expressions/compiled.ts'
import { normalise } from '../types/bigint.ts'
import type { SqlValue } from '../types/sql-value.ts'
import { overload, type ScalarFunction, scalar } from './scalar-function.ts'

type Read = (bytes: Buffer, littleEndian: boolean) => SqlValue

function isLittleEndian(order: string): boolean {
  const upper = order.toUpperCase()
  if (upper !== 'BIG_ENDIAN' && upper !== 'LITTLE_ENDIAN')
    throw new EvaluationError(`Byte order must be BIG_ENDIAN or LITTLE_ENDIAN. Unknown byte order '${order}'.`)
  return upper === 'LITTLE_ENDIAN'
}
function fromBytes(name: string, type: string, size: number, read: Read): ScalarFunction {
  const apply = (bytes: Buffer, order = 'BIG_ENDIAN'): SqlValue => {
    const littleEndian = isLittleEndian(order)
    if (bytes.length !== size)
      throw new EvaluationError(`Number of bytes must be equal to ${size}, but found ${bytes.length}`)
    return read(bytes, littleEndian)
  }
  return scalar(name, 'CONVERSIONS', `The ${type} that ${size} bytes hold.`, [
    overload(`(BYTES value): ${type}`, apply),
    overload(`(BYTES value, VARCHAR byteOrder): ${type}`, apply),
  ])
}

export const conversionFunctions: readonly ScalarFunction[] = [
  fromBytes('bigint_from_bytes', 'BIGINT', 8, (bytes, little) =>
    normalise(little ? bytes.readBigInt64LE() : bytes.readBigInt64BE()),
  ),
  fromBytes('double_from_bytes', 'DOUBLE', 8, (bytes, little) =>
    little ? bytes.readDoubleLE() : bytes.readDoubleBE(),
  ),
  fromBytes('int_from_bytes', 'INT', 4, (bytes, little) => (little ? bytes.readInt32LE() : bytes.readInt32BE())),
]
