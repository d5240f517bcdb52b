import { StreamsError } from '../errors.ts'
import type {
  Cancellable,
  DropReason,
  ProcessorContext,
  PunctuationType,
  Punctuator,
  RecordMetadata,
} from '../processor/context.ts'
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts'
import type { Record } from '../processor/record.ts'
import type { StateStore } from '../state/state-store.ts'

/** Runs a processor that may change everything but the key: forwarding another key throws a StreamsError. */
export function fixedKey<K, VIn, VOut>(
  supplier: FixedKeyProcessorSupplier<K, VIn, VOut>,
): ProcessorSupplier<K, VIn, K, VOut> {
  const fixed: ProcessorSupplier<K, VIn, K, VOut> = context => {
    const guarded = new FixedKeyContext(context)
    const processor = supplier(guarded)
    return {
      process(record) {
        guarded.keyInHand = record.key
        processor.process(record)
      },
      close: () => processor.close?.(),
    }
  }
  return supplier.stores === undefined ? fixed : Object.assign(fixed, { stores: supplier.stores })
}

/** A context that forwards only the key of the record in hand. */
class FixedKeyContext<K, V> implements ProcessorContext<K, V> {
  keyInHand: K | undefined

  constructor(private readonly context: ProcessorContext<K, V>) {}

  forward(record: Record<K, V>, childName?: string): void {
    if (record.key !== this.keyInHand) {
      throw new StreamsError(
        'processValues must forward the key of the record it was given: use process to change keys',
      )
    }
    this.context.forward(record, childName)
  }

  get applicationId(): string {
    return this.context.applicationId
  }

  get taskId(): string {
    return this.context.taskId
  }

  getStateStore<S extends StateStore>(name: string): S {
    return this.context.getStateStore(name)
  }

  schedule(intervalMs: number, type: PunctuationType, punctuator: Punctuator): Cancellable {
    return this.context.schedule(intervalMs, type, punctuator)
  }

  commit(): void {
    this.context.commit()
  }

  drop(reason: DropReason): void {
    this.context.drop(reason)
  }

  recordMetadata(): RecordMetadata | undefined {
    return this.context.recordMetadata()
  }

  currentStreamTimeMs(): number {
    return this.context.currentStreamTimeMs()
  }

  currentSystemTimeMs(): number {
    return this.context.currentSystemTimeMs()
  }
}
