/** Runs one operator between a source and an end that remembers. Keys and values are JSON on the way in. */
import { Serdes } from '@millrace/client'
import type { ProcessorSupplier } from '../../src/processor/processor.ts'
import type { StoreBuilder } from '../../src/state/store-builder.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { Topology } from '../../src/topology/topology.ts'

/** Key, value, timestamp. */
export type Row = readonly [key: unknown, value: unknown, timestampMs: number]

export interface Operated {
  readonly driver: TopologyTestDriver
  /** Feeds one record and gives what came out of it. */
  feed(key: unknown, value: unknown, timestampMs: number): Row[]
  /** `dropped-records`, by reason. */
  dropped(): Record<string, number>
}

export function operate<KIn, VIn, KOut, VOut>(
  supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
  store?: StoreBuilder,
): Operated {
  const seen: Row[] = []
  const topology = new Topology()
    .addSource('source', 'in', { keySerde: Serdes.json(), valueSerde: Serdes.json() })
    .addProcessor('operator', supplier, 'source')
    .addProcessor(
      'end',
      () => ({
        process({ key, value, timestampMs }) {
          seen.push([key, value, timestampMs])
        },
      }),
      'operator',
    )
  if (store !== undefined) topology.addStateStore(store, 'operator')
  const driver = new TopologyTestDriver(topology)
  const input = driver.createInputTopic('in', Serdes.json(), Serdes.json())
  return {
    driver,
    feed(key, value, timestampMs) {
      input.pipeInput(key, value, timestampMs)
      return seen.splice(0)
    },
    dropped: () => Object.fromEntries(driver.droppedRecords('0_0')),
  }
}

/** A store of JSON values under the name `store`. */
export function jsonStore(): StoreBuilder {
  const rows = Stores.persistentKeyValueStore('store')
  return Stores.timestampedKeyValueStoreBuilder(rows, Serdes.json(), Serdes.json())
}
