/** OffsetFetch (API key 9), v1 to v10. Up to v7 for one group, from v8 on for several. */
import { APIS, ErrorCode, type OffsetFetchRequest, ZERO_UUID } from '@millrace/protocol'
import type { CommittedOffset, CommittedOffsets } from '../groups/offsets/committed-offsets.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type GroupRequest = OffsetFetchRequest['groups'][number]
interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitions: PartitionAnswer[]
}
type PartitionAnswer = ReturnType<typeof partitionAnswer>

const FIRST_WITH_GROUPS = 8
const FIRST_WITH_TOPIC_IDS = 10
/** Below, an error of the whole request has to be told per partition. */
const FIRST_WITH_GROUP_ERROR = 2

export function offsetFetch({ topics, groups }: BrokerServices): RequestHandler {
  function handle(request: OffsetFetchRequest, { apiVersion }: RequestContext) {
    if (apiVersion >= FIRST_WITH_GROUPS)
      return { groups: request.groups.map(group => answerGroup(group, apiVersion >= FIRST_WITH_TOPIC_IDS)) }
    const { groupId } = request
    const asked = request.topics?.map(topic => ({ ...topic, topicId: ZERO_UUID })) ?? null
    const { errorCode, topics: answers } = answerGroup(
      { groupId, memberId: null, memberEpoch: -1, topics: asked },
      false,
    )
    if (errorCode === ErrorCode.NONE || apiVersion >= FIRST_WITH_GROUP_ERROR) return { errorCode, topics: answers }
    return {
      topics: (asked ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(index => partitionAnswer(index, undefined, errorCode)),
      })),
    }
  }

  function answerGroup({ groupId, topics: asked }: GroupRequest, byId: boolean) {
    const { errorCode, offsets } = groups.offsetsOf(groupId)
    if (errorCode !== ErrorCode.NONE) return { groupId, errorCode, topics: [] }
    const answers = asked === null ? allOf(offsets) : asked.map(topic => answerTopic(topic, offsets, byId))
    return { groupId, errorCode, topics: answers }
  }

  function answerTopic(
    { name, topicId, partitionIndexes }: NonNullable<GroupRequest['topics']>[number],
    offsets: CommittedOffsets | undefined,
    byId: boolean,
  ): TopicAnswer {
    const topic = byId ? topics.byId(topicId) : topics.get(name)
    const error = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.NONE
    const partitions = partitionIndexes.map(index => {
      const committed = offsets?.get(topic?.name ?? name, index)
      return partitionAnswer(index, committed, error)
    })
    return { name, topicId, partitions }
  }

  function allOf(offsets: CommittedOffsets | undefined): TopicAnswer[] {
    return [...(offsets?.topics() ?? [])].map(([name, partitions]) => ({
      name,
      topicId: topics.get(name)?.id ?? ZERO_UUID,
      partitions: [...partitions].map(([index, committed]) => partitionAnswer(index, committed, ErrorCode.NONE)),
    }))
  }

  return handler(APIS.OffsetFetch, 'strict', handle)
}

/** A partition without a commit is no error: its offset is −1. */
function partitionAnswer(partitionIndex: number, committed: CommittedOffset | undefined, errorCode: ErrorCode) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode,
  }
}
