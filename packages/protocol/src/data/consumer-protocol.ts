/**
 * What consumers of a classic group tell each other through the coordinator: JoinGroup carries subscriptions as a
 * member's protocol metadata, SyncGroup carries assignments. The coordinator does not look inside. An int16 version
 * comes first. Source: Apache Kafka `ConsumerProtocol`.
 */
import { decodeFrom } from '../wire/compile.ts'
import { Reader } from '../wire/reader.ts'
import {
  array,
  bytes,
  int32,
  type Message,
  message,
  nullable,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'
import { encodeWithVersion, VersionPrefix } from '../wire/version-prefix.ts'

export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: { type: array(string), versions: '0+' },
    userData: { type: nullable(bytes), versions: '0+', default: null, about: 'Opaque, of the assignor.' },
    ownedPartitions: {
      type: array(
        struct({
          topic: { type: string, versions: '1+', mapKey: true },
          partitions: { type: array(int32), versions: '1+' },
        }),
      ),
      versions: '1+',
      default: [],
      ignorable: true,
      about: 'What the member still owns, for cooperative rebalancing (KIP-429).',
    },
    generationId: {
      type: int32,
      versions: '2+',
      default: -1,
      ignorable: true,
      about: 'In which ownedPartitions were assigned; −1: none (KIP-792).',
    },
    rackId: { type: nullableString, versions: '3+', default: null, ignorable: true },
  },
})
export type ConsumerProtocolSubscription = ValueOf<typeof ConsumerProtocolSubscription>

export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: {
      type: array(
        struct({
          topic: { type: string, versions: '0+', mapKey: true },
          partitions: { type: array(int32), versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    userData: { type: nullable(bytes), versions: '0+', default: null, about: 'Opaque, of the assignor.' },
  },
})
export type ConsumerProtocolAssignment = ValueOf<typeof ConsumerProtocolAssignment>

/** `version`: the newest declared one by default. Throws UnencodableValueError. */
export function encodeConsumerProtocol<In>(
  protocol: Message<unknown, In>,
  value: In,
  version: number = protocol.versions.max,
): Buffer {
  return encodeWithVersion(protocol, value, version)
}

/** The version `data` is written in, or the newest declared one if that is less. Throws MalformedMessageError. */
export function consumerProtocolVersion(data: Buffer): number {
  const { version } = decodeFrom(VersionPrefix, new Reader(data), 0)
  return Math.max(0, Math.min(version, ConsumerProtocolAssignment.versions.max))
}

/**
 * Reads a version above ours as ours: versions only append fields, and members of a group may differ in age. Byte
 * ranges are views of `data`. Throws MalformedMessageError.
 */
export function decodeConsumerProtocol<Out>(protocol: Message<Out, unknown>, data: Buffer): Out {
  const reader = new Reader(data)
  const { version } = decodeFrom(VersionPrefix, reader, 0)
  return decodeFrom(protocol, reader, Math.min(version, protocol.versions.max))
}
