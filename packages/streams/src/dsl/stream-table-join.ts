import type { ProcessorSupplier } from '../processor/processor.ts'
import type { TableLookup } from '../processors/table-lookup.ts'
import { READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { JoinRepartition } from './join-repartition.ts'
import type { Joined } from './joined.ts'
import { LogicalNode } from './logical-graph.ts'
import type { TableOrigin } from './origin.ts'
import type { KStream } from './streams-and-tables.ts'

export interface StreamTableJoin<K, V, VO, VR> {
  readonly prefix: string
  /** True when records without a key have results too. */
  readonly takesNullKeys: boolean
  supplier(table: TableLookup<K, VO>): ProcessorSupplier<K, V, K, VR | null>
  readonly joined: Joined<K, V> | undefined
}

export function joinStreamWithTable<K, V, VO, VR>(
  stream: JoinRepartition<K, V>,
  table: TableOrigin<K, VO>,
  { prefix, takesNullKeys, supplier, joined }: StreamTableJoin<K, V, VO, VR>,
): KStream<K, VR> {
  const { name, keySerde, valueSerde } = joined?.options ?? {}
  const origin = stream.for({ name, keySerde, valueSerde })
  const { dsl } = origin
  const lookup = table.lookup()
  const resolved = { supplier: supplier(lookup), key: READ_AND_FORWARDED, value: READ_AND_REPLACED }
  const node = new LogicalNode(
    dsl.graph.names.processorOr(name, prefix),
    { kind: 'processor', processing: { resolve: () => resolved, storeNames: lookup.storeNames } },
    { copartitions: true, looksInto: table.node, takesNullKeys },
  )
  return dsl.stream<K, VR>({
    dsl,
    node: dsl.graph.add(origin.node, node),
    keySerde: keySerde ?? origin.keySerde,
    valueSerde: undefined,
    repartitionRequired: false,
  })
}
