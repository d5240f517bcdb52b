import type { StoreBuilder } from '../state/store-builder.ts'
import type { ProcessorContext } from './context.ts'
import type { Record } from './record.ts'

/** One node of a running topology. A task owns one instance and hands it one record at a time. */
export interface Processor<KIn, VIn> {
  /** Synchronous: a record is through the whole sub-topology when this returns. */
  process(record: Record<KIn, VIn>): void
  /** Called once, before the stores close. Closing stores is not its business. */
  close?(): void
}

/**
 * Makes a processor for each task: `context => ({ process(record) { … } })`. It runs before the first record and may
 * fetch its stores and schedule punctuations there.
 */
export interface ProcessorSupplier<KIn, VIn, KOut = KIn, VOut = VIn> {
  (context: ProcessorContext<KOut, VOut>): Processor<KIn, VIn>
  /** Stores the topology adds and connects by itself wherever this supplier is used. */
  readonly stores?: readonly StoreBuilder[]
}

/** As {@link ProcessorSupplier} for processors that must not change the key, so that no repartitioning follows. */
export interface FixedKeyProcessorSupplier<K, VIn, VOut = VIn> {
  (context: FixedKeyProcessorContext<K, VOut>): Processor<K, VIn>
  readonly stores?: readonly StoreBuilder[]
}

/** `forward` throws a StreamsError for a key that is not that of the record in hand, and so always in a punctuator. */
export interface FixedKeyProcessorContext<K, V> extends ProcessorContext<K, V> {}
