import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts'
import { filter } from '../processors/filter.ts'
import { fixedKey } from '../processors/fixed-key.ts'
import { flatMap } from '../processors/flat-map.ts'
import { flatMapValues } from '../processors/flat-map-values.ts'
import { foreach } from '../processors/foreach.ts'
import { type KeyValue, map } from '../processors/map.ts'
import { mapValues, type ValueMapper } from '../processors/map-values.ts'
import { passThrough } from '../processors/pass-through.ts'
import { peek } from '../processors/peek.ts'
import { selectKey } from '../processors/select-key.ts'
import { streamTableJoin, streamTableLeftJoin } from '../processors/stream-table-join.ts'
import type { ValueJoiner } from '../processors/value-joiner.ts'
import { type FieldUse, ONLY_FORWARDED, READ_AND_FORWARDED, READ_AND_REPLACED } from '../topology/field-use.ts'
import type { TopicNameExtractor } from '../topology/nodes.ts'
import { JoinWindows } from '../windows/join-windows.ts'
import { BranchedStream } from './branched-stream.ts'
import type { Grouped } from './grouped.ts'
import { JoinRepartition } from './join-repartition.ts'
import type { Joined } from './joined.ts'
import { LogicalNode, type OperatorTraits } from './logical-graph.ts'
import { materialization } from './materialization.ts'
import type { Materialized } from './materialized.ts'
import type { Named } from './named.ts'
import type { StreamOrigin, TableOrigin } from './origin.ts'
import type { Produced } from './produced.ts'
import { repartitionNode } from './repartition.ts'
import type { Repartitioned } from './repartitioned.ts'
import { joinStreams, type StreamJoinOptions } from './stream-join.ts'
import type { StreamJoined } from './stream-joined.ts'
import { joinStreamWithTable } from './stream-table-join.ts'
import type {
  BranchedKStream,
  KGroupedStream,
  KStream,
  KTable,
  Predicate,
  ProcessOptions,
} from './streams-and-tables.ts'
import { Table } from './table.ts'
import { TableStore } from './table-store.ts'

type AnySupplier = ProcessorSupplier<unknown, unknown, unknown, unknown>

/** An operator's node: what it runs, what it does with keys and values, and what it means for repartitioning. */
interface Operation {
  readonly supplier: AnySupplier
  readonly key: FieldUse
  readonly value: FieldUse
  readonly traits?: OperatorTraits
  readonly storeNames?: readonly string[] | undefined
}

const KEEPS_RECORD = { key: READ_AND_FORWARDED, value: READ_AND_FORWARDED }
const REPLACES_KEY = { key: READ_AND_REPLACED, value: READ_AND_FORWARDED, traits: { changesKey: true } }
const REPLACES_VALUE = { key: READ_AND_FORWARDED, value: READ_AND_REPLACED, traits: { changesValue: true } }
const REPLACES_BOTH = { key: READ_AND_REPLACED, value: READ_AND_REPLACED, traits: { changesKey: true } }

export class Stream<K, V> implements KStream<K, V> {
  readonly #forJoins: JoinRepartition<K, V>

  constructor(readonly origin: StreamOrigin<K, V>) {
    this.#forJoins = new JoinRepartition(origin)
  }

  filter(predicate: Predicate<K, V>, named?: Named): KStream<K, V> {
    return this.#keepingRecords('KSTREAM-FILTER-', named, filter(predicate, true))
  }

  filterNot(predicate: Predicate<K, V>, named?: Named): KStream<K, V> {
    return this.#keepingRecords('KSTREAM-FILTER-', named, filter(predicate, false))
  }

  peek(action: (key: K, value: V) => void, named?: Named): KStream<K, V> {
    return this.#keepingRecords('KSTREAM-PEEK-', named, peek(action))
  }

  map<KR, VR>(mapper: (key: K, value: V) => KeyValue<KR, VR>, named?: Named): KStream<KR, VR> {
    const node = this.#add(this.#name('KSTREAM-MAP-', named), { supplier: map(mapper), ...REPLACES_BOTH })
    return this.#changed<KR, VR>(node)
  }

  flatMap<KR, VR>(mapper: (key: K, value: V) => Iterable<KeyValue<KR, VR>>, named?: Named): KStream<KR, VR> {
    const node = this.#add(this.#name('KSTREAM-FLATMAP-', named), { supplier: flatMap(mapper), ...REPLACES_BOTH })
    return this.#changed<KR, VR>(node)
  }

  mapValues<VR>(mapper: ValueMapper<K, V, VR>, named?: Named): KStream<K, VR> {
    const node = this.#add(this.#name('KSTREAM-MAPVALUES-', named), { supplier: mapValues(mapper), ...REPLACES_VALUE })
    return this.#withChangedValues<VR>(node)
  }

  flatMapValues<VR>(mapper: ValueMapper<K, V, Iterable<VR>>, named?: Named): KStream<K, VR> {
    const name = this.#name('KSTREAM-FLATMAPVALUES-', named)
    return this.#withChangedValues<VR>(this.#add(name, { supplier: flatMapValues(mapper), ...REPLACES_VALUE }))
  }

  selectKey<KR>(selector: (key: K, value: V) => KR, named?: Named): KStream<KR, V> {
    const node = this.#selectKey(selector, named?.name)
    const { dsl, valueSerde } = this.origin
    return dsl.stream<KR, V>({ dsl, node, keySerde: undefined, valueSerde, repartitionRequired: true })
  }

  foreach(action: (key: K, value: V) => void, named?: Named): void {
    this.#add(this.#name('KSTREAM-FOREACH-', named), { supplier: foreach(action), ...KEEPS_RECORD })
  }

  split(named?: Named): BranchedKStream<K, V> {
    return new BranchedStream(this.origin, named?.name)
  }

  merge(other: KStream<K, V>, named?: Named): KStream<K, V> {
    if (!(other instanceof Stream)) throw new TypeError('a stream merges with a stream of a StreamsBuilder')
    const otherOrigin: StreamOrigin<K, V> = other.origin
    const { dsl } = this.origin
    const merged = new LogicalNode(
      this.#name('KSTREAM-MERGE-', named),
      {
        kind: 'processor',
        processing: { resolve: () => ({ supplier: passThrough(), key: ONLY_FORWARDED, value: ONLY_FORWARDED }) },
      },
      { merges: true },
    )
    return dsl.stream({
      dsl,
      node: dsl.graph.add([this.origin.node, otherOrigin.node], merged),
      keySerde: this.origin.keySerde === otherOrigin.keySerde ? this.origin.keySerde : undefined,
      valueSerde: this.origin.valueSerde === otherOrigin.valueSerde ? this.origin.valueSerde : undefined,
      repartitionRequired: this.origin.repartitionRequired || otherOrigin.repartitionRequired,
    })
  }

  repartition(repartitioned?: Repartitioned<K, V>): KStream<K, V> {
    const { dsl } = this.origin
    const options = repartitioned?.options ?? {}
    const name = options.name ?? dsl.graph.names.processor('KSTREAM-REPARTITION-')
    const keySerde = options.keySerde ?? this.origin.keySerde
    const valueSerde = options.valueSerde ?? this.origin.valueSerde
    const { partitioner, numberOfPartitions: partitionCount } = options
    const repartition = repartitionNode(dsl.graph.names, { name, keySerde, valueSerde, partitioner, partitionCount })
    const node = dsl.graph.add(this.origin.node, repartition)
    return dsl.stream({ dsl, node, keySerde, valueSerde, repartitionRequired: false })
  }

  process<KR = K, VR = V>(supplier: ProcessorSupplier<K, V, KR, VR>, options: ProcessOptions = {}): KStream<KR, VR> {
    const { named, storeNames } = options
    const name = named?.name ?? this.origin.dsl.graph.names.processor('KSTREAM-PROCESSOR-')
    return this.#changed<KR, VR>(this.#add(name, { supplier, ...KEEPS_RECORD, storeNames }))
  }

  processValues<VR = V>(supplier: FixedKeyProcessorSupplier<K, V, VR>, options: ProcessOptions = {}): KStream<K, VR> {
    const { named, storeNames } = options
    const name = named?.name ?? this.origin.dsl.graph.names.processor('KSTREAM-PROCESSVALUES-')
    const operation = { supplier: fixedKey(supplier), ...KEEPS_RECORD, storeNames }
    return this.#withChangedValues<VR>(this.#add(name, operation))
  }

  to(topic: string | TopicNameExtractor<K, V>, produced?: Produced<NonNullable<K>, NonNullable<V>>): void {
    const { dsl, node, keySerde, valueSerde } = this.origin
    const options = produced?.options ?? {}
    const sink = new LogicalNode(dsl.graph.names.processorOr(options.name, 'KSTREAM-SINK-'), {
      kind: 'sink',
      topic,
      keySerde: options.keySerde ?? keySerde,
      valueSerde: options.valueSerde ?? valueSerde,
      partitioner: options.partitioner,
    })
    dsl.graph.add(node, sink)
  }

  toTable(materialized?: Materialized<K, V>, named?: Named): KTable<K, V> {
    const { dsl, repartitionRequired } = this.origin
    const { names } = dsl.graph
    const name = this.#name('KSTREAM-TOTABLE-', named)
    const rows = materialization(materialized?.options ?? {}, this.origin, names, 'KSTREAM-TOTABLE-')
    const { keySerde, valueSerde } = rows
    let parent = this.origin.node
    if (repartitionRequired) parent = dsl.graph.add(parent, repartitionNode(names, { name, keySerde, valueSerde }))
    const store = new TableStore(rows)
    const node = new LogicalNode(name, {
      kind: 'processor',
      processing: store.processing,
    })
    return dsl.table({
      dsl,
      node: dsl.graph.add(parent, node),
      keySerde,
      valueSerde,
      queryableStoreName: rows.queryableName,
      enableOldValues: force => store.enableOldValues(force),
      lookup: () => store.lookup(),
    })
  }

  join<VO, VR>(
    table: KTable<NonNullable<K>, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    joined?: Joined<K, V>,
  ): KStream<K, VR>
  join<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR>
  join<VO, VR>(
    other: KTable<NonNullable<K>, VO> | KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO, VR>,
    windowsOrJoined?: JoinWindows | Joined<K, V>,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR> {
    if (windowsOrJoined instanceof JoinWindows) {
      return this.#joinStream(other, { kind: 'inner', joiner, windows: windowsOrJoined, streamJoined })
    }
    return joinStreamWithTable<K, V, VO, VR>(this.#forJoins, tableOriginOf(other), {
      prefix: 'KSTREAM-JOIN-',
      takesNullKeys: false,
      supplier: rows => streamTableJoin(rows, joiner),
      joined: windowsOrJoined,
    })
  }

  leftJoin<VO, VR>(
    table: KTable<NonNullable<K>, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    joined?: Joined<K, V>,
  ): KStream<K, VR>
  leftJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR>
  leftJoin<VO, VR>(
    other: KTable<NonNullable<K>, VO> | KStream<K, VO>,
    joiner: ValueJoiner<K, V, VO | null, VR>,
    windowsOrJoined?: JoinWindows | Joined<K, V>,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR> {
    if (windowsOrJoined instanceof JoinWindows) {
      return this.#joinStream(other, { kind: 'left', joiner, windows: windowsOrJoined, streamJoined })
    }
    return joinStreamWithTable<K, V, VO, VR>(this.#forJoins, tableOriginOf(other), {
      prefix: 'KSTREAM-LEFTJOIN-',
      takesNullKeys: true,
      supplier: rows => streamTableLeftJoin(rows, joiner),
      joined: windowsOrJoined,
    })
  }

  outerJoin<VO, VR>(
    other: KStream<K, VO>,
    joiner: ValueJoiner<K, V | null, VO | null, VR>,
    windows: JoinWindows,
    streamJoined?: StreamJoined<K, V, VO>,
  ): KStream<K, VR> {
    return this.#joinStream(other, { kind: 'outer', joiner, windows, streamJoined })
  }

  groupByKey(grouped?: Grouped<K, V>): KGroupedStream<K, V> {
    const { dsl } = this.origin
    const options = grouped?.options ?? {}
    const keySerde = options.keySerde ?? this.origin.keySerde
    const valueSerde = options.valueSerde ?? this.origin.valueSerde
    return dsl.groupedStream({ ...this.origin, keySerde, valueSerde }, options.name)
  }

  groupBy<KR>(selector: (key: K, value: V) => KR, grouped?: Grouped<KR, V>): KGroupedStream<KR, V> {
    const { dsl } = this.origin
    const options = grouped?.options ?? {}
    const node = this.#selectKey(selector, options.name)
    const valueSerde = options.valueSerde ?? this.origin.valueSerde
    const { keySerde } = options
    return dsl.groupedStream({ dsl, node, keySerde, valueSerde, repartitionRequired: true }, options.name)
  }

  #joinStream<VO, VR>(other: unknown, options: StreamJoinOptions<K, V, VO, VR>): KStream<K, VR> {
    if (!(other instanceof Stream))
      throw new TypeError('a stream joins within windows with a stream of a StreamsBuilder')
    const right: JoinRepartition<K, VO> = other.#forJoins
    return joinStreams(this.#forJoins, right, options)
  }

  #name(prefix: string, named: Named | undefined): string {
    return this.origin.dsl.graph.names.processorOr(named?.name, prefix)
  }

  #add(name: string, { traits, storeNames = [], ...resolved }: Operation): LogicalNode {
    const operator = { kind: 'processor', processing: { resolve: () => resolved, storeNames } } as const
    return this.origin.dsl.graph.add(this.origin.node, new LogicalNode(name, operator, traits))
  }

  #selectKey<KR>(selector: (key: K, value: V) => KR, name: string | undefined): LogicalNode {
    const nodeName = this.origin.dsl.graph.names.processorOr(name, 'KSTREAM-KEY-SELECT-')
    return this.#add(nodeName, { supplier: selectKey(selector), ...REPLACES_KEY })
  }

  #keepingRecords(prefix: string, named: Named | undefined, supplier: ProcessorSupplier<K, V>): KStream<K, V> {
    const node = this.#add(this.#name(prefix, named), { supplier, ...KEEPS_RECORD })
    return this.origin.dsl.stream({ ...this.origin, node })
  }

  #withChangedValues<VR>(node: LogicalNode): KStream<K, VR> {
    const { dsl, keySerde, repartitionRequired } = this.origin
    return dsl.stream<K, VR>({ dsl, node, keySerde, valueSerde: undefined, repartitionRequired })
  }

  #changed<KR, VR>(node: LogicalNode): KStream<KR, VR> {
    const { dsl } = this.origin
    return dsl.stream<KR, VR>({ dsl, node, keySerde: undefined, valueSerde: undefined, repartitionRequired: true })
  }
}

function tableOriginOf<K, V>(table: unknown): TableOrigin<K, V> {
  if (!(table instanceof Table)) throw new TypeError('a stream joins with a table of a StreamsBuilder')
  return table.origin
}
