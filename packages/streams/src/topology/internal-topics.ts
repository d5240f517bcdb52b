/** Topics an application makes for itself: names and configs as Kafka Streams gives them. */
import type { StoreBuilder } from '../state/store-builder.ts'

export interface InternalTopic {
  /** With the application's prefix. */
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /** Set only where the application asked for a number; otherwise that of the topics it is fed from or belongs to. */
  readonly partitionCount: number | undefined
  /** Kafka's property names; the application's `topic.*` settings come between the library's and the store's own. */
  readonly config: Readonly<Record<string, string>>
}
