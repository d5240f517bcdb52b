/**
 * What a client does, on `node:diagnostics_channel`: the channel of the event `connection.opened` is
 * `millrace:client:connection.opened`. Publishing costs nothing while nobody has subscribed.
 */
import { type Channel, channel } from 'node:diagnostics_channel'
import type { TopicPartition } from '../cluster/topic-partition.ts'

interface OfBroker {
  /** `host:port`. */
  readonly broker: string
}

/** Events by name. Each has the `client.id` and the kind of client besides. */
export interface ClientEvents {
  'connection.opened': OfBroker & { readonly durationMs: number }
  'connection.failed': OfBroker & { readonly error: Error }
  /** Not those that the client itself closes. */
  'connection.lost': OfBroker & { readonly error: Error }
  /** An answer has come. Errors inside of it are on the events of what was asked for. */
  request: OfBroker & { readonly api: string; readonly version: number; readonly durationMs: number }
  /** Partitions came or went, before the listener of the application hears of it. */
  rebalance: {
    readonly groupId: string
    readonly kind: 'assigned' | 'revoked' | 'lost'
    readonly partitions: readonly TopicPartition[]
  }
  commit: {
    readonly groupId: string
    readonly partitionCount: number
    readonly durationMs: number
    readonly error: Error | undefined
  }
  /** A batch got its outcome. */
  produce: TopicPartition & {
    readonly recordCount: number
    readonly sizeInBytes: number
    /** −1 if the batch failed. */
    readonly baseOffset: number
    readonly error: Error | undefined
  }
  /** A consumer that has partitions has fetched nothing for a while although there is something to fetch. */
  stall: TopicPartition & { readonly sinceMs: number; readonly lag: number }
}
export type ClientEventName = keyof ClientEvents
export type ClientKind = 'producer' | 'consumer' | 'admin'

/** What subscribers of a channel get. */
export type ClientEvent<Name extends ClientEventName> = ClientEvents[Name] & {
  readonly client: ClientKind
  readonly clientId: string
}

const PREFIX = 'millrace:client:'
const channels = new Map<ClientEventName, Channel>()

/** To subscribe to. Its messages are {@link ClientEvent}s. */
export function clientChannel(name: ClientEventName): Channel {
  const known = channels.get(name)
  if (known !== undefined) return known
  const created = channel(PREFIX + name)
  channels.set(name, created)
  return created
}
