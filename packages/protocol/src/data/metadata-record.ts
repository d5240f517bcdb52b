/**
 * Records of `__cluster_metadata`, KRaft's log of topics, configurations and security. A record has no key; its value is
 * a frame: unsigned varints for the version of the framing (1), the kind of record (`apiKey` of its declaration) and its
 * version, then the message. Source: Apache Kafka, `server-common` `AbstractApiMessageSerde`; KIP-631.
 */
import { decodeFrom, encodeTo } from '../wire/compile.ts'
import { MalformedMessageError } from '../wire/errors.ts'
import { Reader } from '../wire/reader.ts'
import { type InputOf, type Message, message, uvarint, type ValueOf } from '../wire/schema.ts'
import { Writer } from '../wire/writer.ts'
import {
  AbortTransactionRecord,
  BeginTransactionRecord,
  EndTransactionRecord,
  FeatureLevelRecord,
  NoOpRecord,
  ProducerIdsRecord,
} from './metadata/cluster-records.ts'
import { ClientQuotaRecord, ConfigRecord } from './metadata/config-records.ts'
import {
  BrokerRegistrationChangeRecord,
  ClearElrRecord,
  FenceBrokerRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  UnfenceBrokerRecord,
  UnregisterBrokerRecord,
} from './metadata/registration-records.ts'
import {
  AccessControlEntryRecord,
  RemoveAccessControlEntryRecord,
  RemoveUserScramCredentialRecord,
  UserScramCredentialRecord,
} from './metadata/security-records.ts'
import { PartitionChangeRecord, PartitionRecord, RemoveTopicRecord, TopicRecord } from './metadata/topic-records.ts'

export const METADATA_RECORDS = {
  TopicRecord,
  PartitionRecord,
  PartitionChangeRecord,
  RemoveTopicRecord,
  ConfigRecord,
  ClientQuotaRecord,
  UserScramCredentialRecord,
  RemoveUserScramCredentialRecord,
  AccessControlEntryRecord,
  RemoveAccessControlEntryRecord,
  FeatureLevelRecord,
  ProducerIdsRecord,
  NoOpRecord,
  BeginTransactionRecord,
  EndTransactionRecord,
  AbortTransactionRecord,
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  FenceBrokerRecord,
  UnfenceBrokerRecord,
  BrokerRegistrationChangeRecord,
  RegisterControllerRecord,
  ClearElrRecord,
} as const

type Kinds = typeof METADATA_RECORDS
/** A record of the metadata log, told apart by `kind`. */
export type MetadataRecord = {
  [K in keyof Kinds]: { readonly kind: K; readonly value: ValueOf<Kinds[K]> }
}[keyof Kinds]
/** What {@link encodeMetadataRecord} takes: fields with a default may be left out. */
export type MetadataRecordInput = {
  [K in keyof Kinds]: { readonly kind: K; readonly value: InputOf<Kinds[K]> }
}[keyof Kinds]

const BY_TYPE: ReadonlyMap<number, Message> = new Map(Object.values<Message>(METADATA_RECORDS).map(m => [m.apiKey, m]))

const FrameHeader = message({
  name: 'MetadataRecordFrame',
  versions: '0',
  flexible: 'none',
  fields: {
    frameVersion: { type: uvarint, versions: '0' },
    recordType: { type: uvarint, versions: '0' },
    recordVersion: { type: uvarint, versions: '0' },
  },
})
const FRAME_VERSION = 1

/** The value of a log record. `version`: the newest declared one by default. Throws UnencodableValueError. */
export function encodeMetadataRecord(record: MetadataRecordInput, version?: number): Buffer {
  const message: Message = METADATA_RECORDS[record.kind]
  const recordVersion = version ?? message.versions.max
  const writer = new Writer()
  encodeTo(FrameHeader, writer, { frameVersion: FRAME_VERSION, recordType: message.apiKey, recordVersion }, 0)
  encodeTo(message, writer, record.value, recordVersion)
  return Buffer.concat(writer.finish())
}

/** A record of the metadata log with the declaration that it was read by. */
export interface OpenedMetadataRecord {
  readonly recordType: number
  readonly version: number
  /** Undefined for a kind that the table does not have; `value` is then too. */
  readonly message: Message | undefined
  readonly value: unknown
}

/** Throws {@link MalformedMessageError}, also for a version that the kind does not have. */
export function openMetadataRecord(bytes: Buffer): OpenedMetadataRecord {
  const reader = new Reader(bytes)
  const { frameVersion, recordType, recordVersion } = decodeFrom(FrameHeader, reader, 0)
  if (frameVersion !== FRAME_VERSION)
    throw new MalformedMessageError(FrameHeader.name, 0, 'frameVersion', `${frameVersion} is not ${FRAME_VERSION}`)
  const message = BY_TYPE.get(recordType)
  const value = message === undefined ? undefined : decodeFrom(message, reader, recordVersion)
  return { recordType, version: recordVersion, message, value }
}

/** Undefined for a kind that the table does not have. Throws what {@link openMetadataRecord} throws. */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord | undefined {
  const { message, value } = openMetadataRecord(bytes)
  return message === undefined ? undefined : ({ kind: message.name, value } as MetadataRecord)
}
