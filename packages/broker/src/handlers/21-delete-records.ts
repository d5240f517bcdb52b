/** DeleteRecords (API key 21), v0 to v2. Answered once a crash cannot bring the records back. */
import {
  APIS,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  ErrorCode,
  type InputOf,
  KafkaError,
} from '@millrace/protocol'
import { INTERNAL_TOPICS } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type PartitionAnswer = InputOf<typeof DeleteRecordsResponse>['topics'][number]['partitions'][number]

const NO_LOW_WATERMARK = -1

export function deleteRecords({ topics }: BrokerServices): RequestHandler {
  async function handle(request: DeleteRecordsRequest) {
    return {
      topics: await Promise.all(
        request.topics.map(async ({ name, partitions }) => ({
          name,
          partitions: await Promise.all(
            partitions.map(({ partitionIndex, offset }) =>
              answerPartition(partitionIndex, () => deleteBefore(name, partitionIndex, offset)),
            ),
          ),
        })),
      ),
    }
  }

  async function deleteBefore(topic: string, partition: number, offset: number): Promise<number> {
    const log = topics.log(topic, partition)
    if (log === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if (INTERNAL_TOPICS.has(topic)) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    if (!log.config['cleanup.policy'].includes('delete')) throw new KafkaError(ErrorCode.POLICY_VIOLATION)
    return await log.deleteRecordsBefore(offset)
  }

  return handler(APIS.DeleteRecords, 'strict', handle)
}

async function answerPartition(
  partitionIndex: number,
  deleteRecordsThere: () => Promise<number>,
): Promise<PartitionAnswer> {
  try {
    return { partitionIndex, errorCode: ErrorCode.NONE, lowWatermark: await deleteRecordsThere() }
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return { partitionIndex, errorCode: error.errorCode, lowWatermark: NO_LOW_WATERMARK }
  }
}
