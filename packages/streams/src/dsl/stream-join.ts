import type { ProcessorSupplier } from '../processor/processor.ts'
import { joinWindow } from '../processors/join-window.ts'
import { passThrough } from '../processors/pass-through.ts'
import {
  outerStreamJoin,
  type StreamJoinSide,
  streamJoin,
  streamJoinUnmatchedAtOnce,
} from '../processors/stream-join.ts'
import type { ValueJoiner } from '../processors/value-joiner.ts'
import { joinStoreBuilder, type StoreBuilder, unmatchedStoreBuilder } from '../state/store-builder.ts'
import type { JoinSideName } from '../state/stores/unmatched-store.ts'
import { ONLY_FORWARDED, READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { JoinWindows } from '../windows/join-windows.ts'
import type { BuilderDefaults } from './builder-defaults.ts'
import type { JoinRepartition } from './join-repartition.ts'
import { LogicalNode, type Processing, type SharedStore } from './logical-graph.ts'
import { type NameCounter, suffixedName } from './names.ts'
import type { StreamJoined, StreamJoinedOptions } from './stream-joined.ts'
import type { KStream } from './streams-and-tables.ts'

/** Whose records have results without a partner too. */
export type JoinKind = 'inner' | 'left' | 'outer'

export interface StreamJoinOptions<K, V, VO, VR> {
  readonly kind: JoinKind
  readonly windows: JoinWindows
  /** A side is null only where it need not be there. */
  joiner(value: V | null, otherValue: VO | null, key: K): VR
  readonly streamJoined: StreamJoined<K, V, VO> | undefined
}

export function joinStreams<K, V, VO, VR>(
  leftStream: JoinRepartition<K, V>,
  rightStream: JoinRepartition<K, VO>,
  { kind, windows, joiner, streamJoined }: StreamJoinOptions<K, V, VO, VR>,
): KStream<K, VR> {
  const options: StreamJoinedOptions<K, V, VO> = streamJoined?.options ?? {}
  const { name, keySerde, valueSerde, otherValueSerde } = options
  const left = leftStream.for({ name: suffixedName(name, '-left'), keySerde, valueSerde })
  const right = rightStream.for({ name: suffixedName(name, '-right'), keySerde, valueSerde: otherValueSerde })
  const { dsl } = left
  const names = namesOf(kind, options, dsl.graph.names, windows.unmatchedAtOnce)
  const rowKeySerde = keySerde ?? left.keySerde ?? right.keySerde

  const windowed = (nodeName: string, storeName: string): LogicalNode => {
    const resolved = { supplier: joinWindow(storeName), key: READ_AND_FORWARDED, value: READ_AND_FORWARDED }
    return new LogicalNode(nodeName, { kind: 'processor', processing: { resolve: () => resolved } })
  }
  const leftWindowed = dsl.graph.add(left.node, windowed(names.leftWindowed, names.leftStore))
  const rightWindowed = dsl.graph.add(right.node, windowed(names.rightWindowed, names.rightStore))

  const reverseJoiner: ValueJoiner<K, VO | null, V | null, VR> = (rightValue, leftValue, key) =>
    joiner(leftValue, rightValue, key)
  const reactionOf = <T, TO>(joinSide: StreamJoinSide<K, T, TO | null, VR>, isPreserved: boolean): Processing => ({
    resolve: defaults => ({
      supplier: supplierOf<K, T, TO, V, VO, VR>(joinSide, names.unmatchedStore, isPreserved, joiner, defaults),
      key: READ_AND_FORWARDED,
      value: READ_AND_REPLACED,
    }),
  })
  const side = (of: JoinSideName) => ({ side: of, windows })
  const node = new LogicalNode(
    names.merge,
    {
      kind: 'join',
      sides: [
        {
          name: names.left,
          parent: leftWindowed,
          processing: reactionOf<V, VO>(
            { ...side('left'), joiner, otherStoreName: names.rightStore },
            kind !== 'inner',
          ),
        },
        {
          name: names.right,
          parent: rightWindowed,
          processing: reactionOf<VO, V>(
            { ...side('right'), joiner: reverseJoiner, otherStoreName: names.leftStore },
            kind === 'outer',
          ),
        },
      ],
      merge: { resolve: () => ({ supplier: passThrough(), key: ONLY_FORWARDED, value: ONLY_FORWARDED }) },
      stores: defaults => sharedStores(defaults),
    },
    { copartitions: true, takesNullKeys: kind !== 'inner' },
  )

  function sharedStores(defaults: BuilderDefaults): readonly SharedStore[] {
    const place = (storeName: string): string => `store ${storeName}`
    const key = defaults.keySerde(rowKeySerde, place(names.leftStore), 'StreamJoined')
    const leftValue = defaults.valueSerde(valueSerde ?? left.valueSerde, place(names.leftStore), 'StreamJoined')
    const rightValue = defaults.valueSerde(otherValueSerde ?? right.valueSerde, place(names.rightStore), 'StreamJoined')
    const persistent = (options.storeType ?? defaults.storeType) === 'persistent'
    const times = { retentionMs: windows.retentionMs, windowSizeMs: windows.sizeMs }
    const logged = (builder: StoreBuilder): StoreBuilder =>
      options.changelogConfig === null
        ? builder.withLoggingDisabled()
        : builder.withLoggingEnabled(options.changelogConfig ?? {})
    const stores = [
      {
        builder: logged(joinStoreBuilder(names.leftStore, persistent, times, key, leftValue)),
        processorNames: [names.leftWindowed, names.right],
      },
      {
        builder: logged(joinStoreBuilder(names.rightStore, persistent, times, key, rightValue)),
        processorNames: [names.rightWindowed, names.left],
      },
    ]
    if (names.unmatchedStore === undefined) return stores
    const builder = logged(unmatchedStoreBuilder(names.unmatchedStore, persistent, key, leftValue, rightValue))
    return [...stores, { builder, processorNames: [names.left, names.right] }]
  }

  return dsl.stream<K, VR>({
    dsl,
    node: dsl.graph.add([left.node, right.node], node),
    keySerde: rowKeySerde,
    valueSerde: undefined,
    repartitionRequired: false,
  })
}

function supplierOf<K, T, TO, V, VO, VR>(
  joinSide: StreamJoinSide<K, T, TO | null, VR>,
  unmatchedStoreName: string | undefined,
  isPreserved: boolean,
  unmatchedJoiner: ValueJoiner<K, V | null, VO | null, VR>,
  { outerJoinEmitIntervalMs: emitIntervalMs }: BuilderDefaults,
): ProcessorSupplier<K, T, K, VR | null> {
  if (unmatchedStoreName === undefined) return isPreserved ? streamJoinUnmatchedAtOnce(joinSide) : streamJoin(joinSide)
  return outerStreamJoin(joinSide, { unmatchedStoreName, isPreserved, emitIntervalMs, unmatchedJoiner })
}

interface JoinNames {
  readonly leftWindowed: string
  readonly rightWindowed: string
  readonly left: string
  readonly right: string
  readonly merge: string
  readonly leftStore: string
  readonly rightStore: string
  /** Undefined where no record waits. */
  readonly unmatchedStore: string | undefined
}

/** A stream's side is called outer when the other side's records have results without a partner. */
function namesOf(
  kind: JoinKind,
  { name, storeName }: Pick<StreamJoinedOptions<never, never, never>, 'name' | 'storeName'>,
  names: NameCounter,
  unmatchedAtOnce: boolean,
): JoinNames {
  const leftSuffix = kind === 'outer' ? '-outer-this-join' : '-this-join'
  const rightSuffix = kind === 'inner' ? '-other-join' : '-outer-other-join'
  const leftPrefix = kind === 'outer' ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-'
  const leftWindowed = names.processorOr(suffixedName(name, '-this-windowed'), 'KSTREAM-WINDOWED-')
  const rightWindowed = names.processorOr(suffixedName(name, '-other-windowed'), 'KSTREAM-WINDOWED-')
  const left = names.processor(leftPrefix)
  const right = names.processor(kind === 'inner' ? 'KSTREAM-JOINOTHER-' : 'KSTREAM-OUTEROTHER-')
  const unmatched =
    suffixedName(storeName, kind === 'outer' ? '-outer-shared-join' : '-left-shared-join') ??
    `KSTREAM-OUTERSHARED-${left.slice(leftPrefix.length)}`
  return {
    leftWindowed,
    rightWindowed,
    left: suffixedName(name, leftSuffix) ?? left,
    right: suffixedName(name, rightSuffix) ?? right,
    merge: names.processorOr(suffixedName(name, '-merge'), 'KSTREAM-MERGE-'),
    leftStore: `${suffixedName(storeName, leftSuffix) ?? left}-store`,
    rightStore: `${suffixedName(storeName, rightSuffix) ?? right}-store`,
    unmatchedStore: kind === 'inner' || unmatchedAtOnce ? undefined : `${unmatched}-store`,
  }
}
