/** What is in a record: text, or one of the internal topics' records as JSON. */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  type CoordinatorRecordType,
  type CoordinatorRecordTypes,
  decode,
  decodeCoordinatorRecord,
  GROUP_RECORDS,
  type Json,
  type LogRecord,
  MalformedMessageError,
  type Message,
  messageJson,
  openMetadataRecord,
  TRANSACTION_RECORDS,
} from '@millrace/protocol'
import type { RecordContent } from './dumped.ts'

export type RecordDecoder = 'text' | 'offsets' | 'transaction-log' | 'cluster-metadata'

/** Of classic groups whose members speak the consumers' protocol, subscriptions and assignments can be read too. */
const CONSUMER_PROTOCOL_TYPE = 'consumer'
const VERSION_BYTES = 2

/** Never throws: what cannot be read is told in the place of the key or the payload, as in Kafka. */
export function recordContent(record: LogRecord, decoder: RecordDecoder): RecordContent {
  switch (decoder) {
    case 'text':
      return { key: record.key?.toString('utf8'), payload: record.value?.toString('utf8') }
    case 'offsets':
      return coordinatorRecordContent(record, GROUP_RECORDS)
    case 'transaction-log':
      return coordinatorRecordContent(record, TRANSACTION_RECORDS)
    case 'cluster-metadata':
      return { key: undefined, payload: metadataRecordJson(record) }
  }
}

function coordinatorRecordContent(record: LogRecord, types: CoordinatorRecordTypes): RecordContent {
  const { key, value, offset } = record
  if (key === null || key.length < VERSION_BYTES) return failed(offset, 'there is no key')
  try {
    const decoded = decodeCoordinatorRecord(types, key, value)
    const typeNumber = key.readInt16BE(0)
    if (decoded === undefined)
      return { key: `Unknown record type ${typeNumber} at offset ${offset}, skipping.`, payload: undefined }
    const type: CoordinatorRecordType = types[decoded.kind]!
    return {
      key: { type: String(typeNumber), data: messageJson(type.key, decoded.key, 0) },
      payload: value === null ? '<DELETE>' : coordinatorValueJson(type.value, decoded.value, value.readInt16BE(0)),
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return failed(offset, error.message)
  }
}

function failed(offset: number, reason: string): RecordContent {
  return { key: `Error at offset ${offset}, skipping. ${reason}`, payload: undefined }
}

function coordinatorValueJson(message: Message, value: unknown, version: number): Json {
  const data = messageJson(message, value, version)
  if (message === GROUP_RECORDS.GroupMetadata.value && data.protocolType === CONSUMER_PROTOCOL_TYPE) {
    for (const member of data.members as { [name: string]: Json }[]) {
      member.subscription = consumerProtocolJson(ConsumerProtocolSubscription, member.subscription as string)
      member.assignment = consumerProtocolJson(ConsumerProtocolAssignment, member.assignment as string)
    }
  }
  return { version: String(version), data }
}

/** Stays base64 if it cannot be read. */
function consumerProtocolJson(message: Message, base64: string): Json {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length < VERSION_BYTES) return base64
  try {
    const version = bytes.readInt16BE(0)
    return messageJson(message, decode(message, bytes.subarray(VERSION_BYTES), version), version)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return base64
  }
}

function metadataRecordJson({ value, offset }: LogRecord): Json {
  try {
    if (value === null) return `Error at ${offset}, skipping. there is no value`
    const { recordType, version, message, value: data } = openMetadataRecord(value)
    if (message === undefined) return `Error at ${offset}, skipping. Unknown metadata record type ${recordType}`
    return { type: constantName(message.name), version, data: messageJson(message, data, version) }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return `Error at ${offset}, skipping. ${error.message}`
  }
}

/** `TopicRecord` → `TOPIC_RECORD`. */
function constantName(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, letter => `_${letter}`).toUpperCase()
}
