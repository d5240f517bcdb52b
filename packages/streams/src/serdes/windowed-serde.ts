import type { Serde } from '@millrace/client'
import { partitionForKey, type RecordHeader } from '@millrace/protocol'
import type { StreamPartitioner } from '../topology/nodes.ts'
import type { Windowed } from '../windows/windowed.ts'

/** A serde for windowed keys, of any layout. */
export interface WindowedSerde<K> extends Serde<Windowed<K>> {
  readonly isWindowed: true
  /** The key without its window. */
  serializeBaseKey(topic: string, windowed: Windowed<K>, headers?: readonly RecordHeader[]): Uint8Array
}

export function isWindowedSerde(serde: Serde<unknown>): serde is WindowedSerde<unknown> {
  return 'isWindowed' in serde && serde.isWindowed === true
}

/** All windows of a key go to the partition of the key. */
export function windowedPartitioner<K>(serde: WindowedSerde<K>): StreamPartitioner<Windowed<K>, unknown> {
  return (topic, windowed, _value, partitionCount) =>
    windowed === null ? undefined : [partitionForKey(serde.serializeBaseKey(topic, windowed), partitionCount)]
}
