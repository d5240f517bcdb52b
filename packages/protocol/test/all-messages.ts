import { APIS } from '../src/apis.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../src/data/consumer-protocol.ts'
import { GROUP_RECORDS, TRANSACTION_RECORDS } from '../src/data/coordinator-record.ts'
import { KRAFT_CONTROL_RECORDS } from '../src/data/kraft-control-records.ts'
import { METADATA_RECORDS } from '../src/data/metadata-record.ts'
import { RequestHeader, ResponseHeader } from '../src/wire/frame.ts'
import type { Message } from '../src/wire/schema.ts'

/** Every message that Apache Kafka declares too. */
export const ALL_MESSAGES: readonly Message[] = [
  RequestHeader,
  ResponseHeader,
  ...Object.values(APIS).flatMap((api): Message[] => [api.request, api.response]),
  ConsumerProtocolSubscription,
  ConsumerProtocolAssignment,
  ...Object.values({ ...GROUP_RECORDS, ...TRANSACTION_RECORDS }).flatMap((type): Message[] => [type.key, type.value]),
  ...Object.values(METADATA_RECORDS),
  ...Object.values(KRAFT_CONTROL_RECORDS),
]

export function versionsOf(message: Message): number[] {
  const { min, max } = message.versions
  return Array.from({ length: max - min + 1 }, (_, index) => min + index)
}
