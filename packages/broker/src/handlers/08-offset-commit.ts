/** OffsetCommit (API key 8), v2 to v10. */
import { APIS, ErrorCode, type OffsetCommitRequest } from '@millrace/protocol'
import type { OffsetToCommit } from '../groups/offsets/committer.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type PartitionToCommit = OffsetCommitRequest['topics'][number]['partitions'][number]

const FIRST_WITH_TOPIC_IDS = 10

export function offsetCommit({ topics, groups, config, clock }: BrokerServices): RequestHandler {
  async function handle(request: OffsetCommitRequest, { apiVersion }: RequestContext) {
    const { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId, retentionTimeMs } = request
    const expireTimestampMs = retentionTimeMs < 0 ? -1 : clock.nowMs() + retentionTimeMs
    const accepted: OffsetToCommit[] = []
    const answers = request.topics.map(({ name, topicId, partitions }) => {
      const topic = apiVersion < FIRST_WITH_TOPIC_IDS ? topics.get(name) : topics.byId(topicId)
      const missing =
        apiVersion < FIRST_WITH_TOPIC_IDS ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID
      return {
        name,
        topicId,
        partitions: partitions.map(partition => {
          const { partitionIndex } = partition
          const errorCode = topic === undefined ? missing : check(topic, partition)
          if (topic !== undefined && errorCode === ErrorCode.NONE)
            accepted.push({
              topic: topic.name,
              topicId: topic.id,
              partition: partitionIndex,
              offset: partition.committedOffset,
              leaderEpoch: partition.committedLeaderEpoch,
              metadata: partition.committedMetadata ?? '',
              expireTimestampMs,
            })
          return { partitionIndex, errorCode }
        }),
      }
    })
    const error = await groups.commit(groupId, { generationId, memberId, groupInstanceId, apiVersion }, accepted)
    if (error === ErrorCode.NONE) return { topics: answers }
    return {
      topics: answers.map(topic => ({
        ...topic,
        partitions: topic.partitions.map(({ partitionIndex, errorCode }) => ({
          partitionIndex,
          errorCode: errorCode === ErrorCode.NONE ? error : errorCode,
        })),
      })),
    }
  }

  function check(topic: TopicImage, { partitionIndex, committedMetadata }: PartitionToCommit): ErrorCode {
    if (partitionIndex < 0 || partitionIndex >= topic.partitionCount) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const isTooLong = (committedMetadata?.length ?? 0) > config['offset.metadata.max.bytes']
    return isTooLong ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE
  }

  return handler(APIS.OffsetCommit, 'strict', handle)
}
