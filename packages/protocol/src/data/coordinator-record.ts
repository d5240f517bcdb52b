/**
 * Records of the coordinators' logs, `__consumer_offsets` and `__transaction_state`. The key starts with an int16 that
 * says what the record is (`apiKey` of the key's declaration; Kafka once took it for a version of the key). The value
 * starts with an int16 version; a null value deletes what the key names. Source: Apache Kafka 4.3, `coordinator-common`.
 */
import { decodeFrom, encodeTo } from '../wire/compile.ts'
import { Reader } from '../wire/reader.ts'
import type { InputOf, Message, ValueOf } from '../wire/schema.ts'
import { decodeWithVersion, encodeWithVersion, VersionPrefix } from '../wire/version-prefix.ts'
import { Writer } from '../wire/writer.ts'
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from './consumer-group-records.ts'
import { GroupMetadataKey, GroupMetadataValue } from './group-metadata-record.ts'
import { OffsetCommitKey, OffsetCommitValue } from './offset-commit-record.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log-record.ts'

export interface CoordinatorRecordType {
  readonly key: Message
  readonly value: Message
  /** The version Kafka 4.3 writes. */
  readonly writes: number
  /** Other numbers that older brokers put in front of the same key. */
  readonly legacyTypes?: readonly number[]
}
/** Record types of one log by name. */
export type CoordinatorRecordTypes = Readonly<Record<string, CoordinatorRecordType>>

/** What `__consumer_offsets` holds. */
export const GROUP_RECORDS = {
  // Type 0 is how OffsetCommitKey was written before Kafka 0.9; both have the same fields.
  OffsetCommit: { key: OffsetCommitKey, value: OffsetCommitValue, writes: 4, legacyTypes: [0] },
  GroupMetadata: { key: GroupMetadataKey, value: GroupMetadataValue, writes: 3 },
  ConsumerGroupMetadata: { key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue, writes: 0 },
  ConsumerGroupPartitionMetadata: {
    key: ConsumerGroupPartitionMetadataKey,
    value: ConsumerGroupPartitionMetadataValue,
    writes: 0,
  },
  ConsumerGroupMemberMetadata: {
    key: ConsumerGroupMemberMetadataKey,
    value: ConsumerGroupMemberMetadataValue,
    writes: 0,
  },
  ConsumerGroupTargetAssignmentMetadata: {
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
    writes: 0,
  },
  ConsumerGroupTargetAssignmentMember: {
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
    writes: 0,
  },
  ConsumerGroupCurrentMemberAssignment: {
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
    writes: 0,
  },
  ConsumerGroupRegularExpression: {
    key: ConsumerGroupRegularExpressionKey,
    value: ConsumerGroupRegularExpressionValue,
    writes: 0,
  },
} as const satisfies CoordinatorRecordTypes

/** What `__transaction_state` holds. Version 1 of the value can be read from Kafka 3.9 on. */
export const TRANSACTION_RECORDS = {
  TransactionLog: { key: TransactionLogKey, value: TransactionLogValue, writes: 1 },
} as const satisfies CoordinatorRecordTypes

/** One of the records of a table, told apart by `kind`. A null value is a tombstone. */
export type CoordinatorRecord<Types extends CoordinatorRecordTypes> = {
  [Kind in keyof Types]: {
    readonly kind: Kind
    readonly key: ValueOf<Types[Kind]['key']>
    readonly value: ValueOf<Types[Kind]['value']> | null
  }
}[keyof Types]
/** What {@link encodeCoordinatorRecord} takes: fields with a default may be left out. */
export type CoordinatorRecordInput<Types extends CoordinatorRecordTypes> = {
  [Kind in keyof Types]: {
    readonly kind: Kind
    readonly key: InputOf<Types[Kind]['key']>
    readonly value: InputOf<Types[Kind]['value']> | null
  }
}[keyof Types]

export type GroupRecord = CoordinatorRecord<typeof GROUP_RECORDS>

/** Key and value as they are appended to the log. Throws UnencodableValueError. */
export function encodeCoordinatorRecord<Types extends CoordinatorRecordTypes>(
  types: Types,
  record: CoordinatorRecordInput<Types>,
  valueVersion?: number,
): { key: Buffer; value: Buffer | null } {
  const type: CoordinatorRecordType = types[record.kind]!
  const writer = new Writer()
  encodeTo(VersionPrefix, writer, { version: type.key.apiKey }, 0)
  encodeTo(type.key, writer, record.key, 0)
  const value = record.value === null ? null : encodeWithVersion(type.value, record.value, valueVersion ?? type.writes)
  return { key: Buffer.concat(writer.finish()), value }
}

/**
 * Undefined for a kind that the table does not have: newer brokers add kinds, and readers pass over them. Throws
 * {@link MalformedMessageError}, also for a value of an unknown version, because passing over it would lose state.
 */
export function decodeCoordinatorRecord<Types extends CoordinatorRecordTypes>(
  types: Types,
  key: Buffer,
  value: Buffer | null,
): CoordinatorRecord<Types> | undefined {
  const reader = new Reader(key)
  const typeNumber = decodeFrom(VersionPrefix, reader, 0).version
  for (const [kind, type] of Object.entries<CoordinatorRecordType>(types)) {
    if (type.key.apiKey !== typeNumber && type.legacyTypes?.includes(typeNumber) !== true) continue
    return {
      kind,
      key: decodeFrom(type.key, reader, 0),
      value: value === null ? null : decodeWithVersion(type.value, value),
    } as CoordinatorRecord<Types>
  }
  return undefined
}
