/** OffsetDelete (API key 47), v0. */
import { APIS, ErrorCode, type OffsetDeleteRequest } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function offsetDelete({ topics, groups }: BrokerServices): RequestHandler {
  async function handle({ groupId, topics: asked }: OffsetDeleteRequest) {
    const rows = asked.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition }) => ({ topic, partition })),
    )
    const existing = rows.filter(({ topic, partition }) => topics.log(topic, partition) !== undefined)
    const { errorCode, partitions: errors } = await groups.deleteOffsets(groupId, existing)
    if (errorCode !== ErrorCode.NONE) return { errorCode, topics: [] }
    const errorOf = (topic: string, partition: number) =>
      errors[existing.findIndex(row => row.topic === topic && row.partition === partition)] ??
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return {
      errorCode,
      topics: asked.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorOf(name, partitionIndex),
        })),
      })),
    }
  }
  return handler(APIS.OffsetDelete, 'strict', handle)
}
