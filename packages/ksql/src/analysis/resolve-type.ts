/** From a type as written to a type: base types, custom types, parameters. */
import type { TypeNode } from '../ast/nodes.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import * as types from '../types/sql-type.ts'

const BASE: ReadonlyMap<string, types.SqlType> = new Map([
  ['BOOLEAN', types.BOOLEAN],
  ['INT', types.INTEGER],
  ['INTEGER', types.INTEGER],
  ['BIGINT', types.BIGINT],
  ['DOUBLE', types.DOUBLE],
  ['STRING', types.STRING],
  ['VARCHAR', types.STRING],
  ['BYTES', types.BYTES],
  ['TIME', types.TIME],
  ['DATE', types.DATE],
  ['TIMESTAMP', types.TIMESTAMP],
])

/** Throws SqlAnalysisError for an unknown name or an impossible DECIMAL. */
export function resolveType(node: TypeNode, custom: ReadonlyMap<string, types.SqlType>): types.SqlType {
  switch (node.kind) {
    case 'NamedType': {
      const type = BASE.get(node.name.toUpperCase()) ?? custom.get(node.name)
      if (type === undefined) throw new SqlAnalysisError(`Cannot resolve unknown type: ${node.name}`, node.at)
      return type
    }
    case 'DecimalType':
      return decimal(node.precision, node.scale, node)
    case 'ArrayType':
      return types.arrayOf(resolveType(node.element, custom))
    case 'MapType':
      return types.mapOf(resolveType(node.key, custom), resolveType(node.value, custom))
    case 'StructType':
      return types.structOf(node.fields.map(({ name, type }) => ({ name, type: resolveType(type, custom) })))
  }
}

function decimal(precision: number, scale: number, node: TypeNode): types.DecimalType {
  const wrong =
    precision < 1
      ? `DECIMAL precision must be >= 1: DECIMAL(${precision},${scale})`
      : scale < 0
        ? `DECIMAL scale must be >= 0: DECIMAL(${precision},${scale})`
        : precision < scale
          ? `DECIMAL precision must be >= scale: DECIMAL(${precision},${scale})`
          : null
  if (wrong !== null) throw new SqlAnalysisError(wrong, node.at)
  return { kind: 'DECIMAL', precision, scale }
}
