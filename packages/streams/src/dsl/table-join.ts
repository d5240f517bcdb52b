import { joinedRows, type TableJoinSide, tableJoin, tableJoinMerge } from '../processors/table-join.ts'
import { storedRows } from '../processors/table-lookup.ts'
import { READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import { LogicalNode, type Processing } from './logical-graph.ts'
import { materialization, tableStore } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import { suffixedName } from './names.ts'
import type { TableOrigin } from './origin.ts'
import type { KTable } from './streams-and-tables.ts'

const MERGE_PREFIX = 'KTABLE-MERGE-'

export interface TableJoinOptions<K, V, VO, VR> {
  /** True when a key has a result only if the left table has a row of it. */
  readonly needsLeft: boolean
  readonly needsRight: boolean
  /** A side is null only where it need not be there. */
  joiner(value: V | null, otherValue: VO | null, key: K): VR
  readonly materialized: Materialized<K, VR> | undefined
  readonly named: Named | undefined
}

/**
 * Two tables that read the same store change together: a record that changes both finds, on either side, the other one
 * changed already. Kafka Streams then loses tombstones of inner joins and sends old values that never were. Here the
 * tombstones come (one of each side, like the updates), and old values, when they are asked for, are taken from a store of
 * the result, which is added for that if the user did not ask for one.
 */
export function joinTables<K, V, VO, VR>(
  left: TableOrigin<K, V>,
  right: TableOrigin<K, VO>,
  { needsLeft, needsRight, joiner, materialized, named }: TableJoinOptions<K, V, VO, VR>,
): KTable<K, VR> {
  const { dsl } = left
  const { names } = dsl.graph
  const keySerde = materialized?.options.keySerde ?? left.keySerde
  const inherited = { keySerde, valueSerde: undefined }
  let rows =
    materialized === undefined ? undefined : materialization(materialized.options, inherited, names, MERGE_PREFIX)
  const mergeName = names.processorOr(named?.name, MERGE_PREFIX)
  const [leftRows, rightRows] = [left.lookup(), right.lookup()]
  const changesTogether = leftRows.storeNames.some(storeName => rightRows.storeNames.includes(storeName))
  if (!needsRight || changesTogether) left.enableOldValues(true)
  if (!needsLeft || changesTogether) right.enableOldValues(true)
  const leftSide: TableJoinSide<K, V, VO, VR> = {
    other: rightRows,
    joiner,
    needsOwn: needsLeft,
    needsOther: needsRight,
    changesTogether,
  }
  const rightSide: TableJoinSide<K, VO, V, VR> = {
    other: leftRows,
    joiner: (rightValue, leftValue, key) => joiner(leftValue, rightValue, key),
    needsOwn: needsRight,
    needsOther: needsLeft,
    changesTogether,
  }
  let sendsOldValues = false
  const reactionTo = <T, TO>(side: TableJoinSide<K, T, TO, VR>): Processing => ({
    resolve: () => ({
      supplier: tableJoin(side, sendsOldValues),
      key: READ_AND_FORWARDED,
      value: READ_AND_REPLACED,
    }),
    storeNames: side.other.storeNames,
  })
  const merge: Processing = {
    resolve: defaults => ({
      supplier: tableJoinMerge<K, VR>({
        storeName: rows?.storeName,
        sendsOldValues,
        readsOldValues: sendsOldValues && changesTogether,
      }),
      key: READ_AND_FORWARDED,
      value: READ_AND_REPLACED,
      store: rows === undefined ? undefined : tableStore(rows, defaults),
    }),
  }
  const node = new LogicalNode(
    mergeName,
    {
      kind: 'join',
      sides: [
        {
          name: names.processorOr(suffixedName(named?.name, '-join-this'), 'KTABLE-JOINTHIS-'),
          parent: left.node,
          processing: reactionTo(leftSide),
        },
        {
          name: names.processorOr(suffixedName(named?.name, '-join-other'), 'KTABLE-JOINOTHER-'),
          parent: right.node,
          processing: reactionTo(rightSide),
        },
      ],
      merge,
    },
    { copartitions: true },
  )
  return dsl.table<K, VR>({
    dsl,
    node: dsl.graph.add([left.node, right.node], node),
    keySerde,
    valueSerde: rows?.valueSerde,
    queryableStoreName: rows?.storeName,
    enableOldValues: () => {
      left.enableOldValues(true)
      right.enableOldValues(true)
      sendsOldValues = true
      if (changesTogether)
        rows ??= materialization({ name: `${mergeName}-STATE-STORE` }, inherited, names, MERGE_PREFIX)
      return true
    },
    lookup: () => (rows === undefined ? joinedRows(leftRows, leftSide) : storedRows(rows.storeName)),
  })
}
