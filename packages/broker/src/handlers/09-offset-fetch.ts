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
    const mode = { byId: apiVersion >= FIRST_WITH_TOPIC_IDS, requireStable: request.requireStable }
    if (apiVersion >= FIRST_WITH_GROUPS) return { groups: request.groups.map(group => answerGroup(group, mode)) }
    const { groupId } = request
    const asked = request.topics?.map(topic => ({ ...topic, topicId: ZERO_UUID })) ?? null
    const { errorCode, topics: answers } = answerGroup(
      { groupId, memberId: null, memberEpoch: -1, topics: asked },
      mode,
    )
    if (errorCode === ErrorCode.NONE || apiVersion >= FIRST_WITH_GROUP_ERROR) return { errorCode, topics: answers }
    return {
      topics: (asked ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(index => partitionAnswer(index, { errorCode })),
      })),
    }
  }

  function answerGroup({ groupId, memberId, memberEpoch, topics: asked }: GroupRequest, mode: FetchMode) {
    const { errorCode, offsets } = groups.offsetsOf(groupId, memberId, memberEpoch)
    if (errorCode !== ErrorCode.NONE) return { groupId, errorCode, topics: [] }
    const answers = asked === null ? allOf(offsets, mode) : asked.map(topic => answerTopic(topic, offsets, mode))
    return { groupId, errorCode, topics: answers }
  }

  function answerTopic(
    { name, topicId, partitionIndexes }: NonNullable<GroupRequest['topics']>[number],
    offsets: CommittedOffsets | undefined,
    { byId, requireStable }: FetchMode,
  ): TopicAnswer {
    const topic = byId ? topics.byId(topicId) : topics.get(name)
    const isUnknown = byId && topic === undefined
    const topicName = topic?.name ?? name
    const partitions = partitionIndexes.map(index => {
      if (isUnknown) return partitionAnswer(index, { errorCode: ErrorCode.UNKNOWN_TOPIC_ID })
      return partitionAnswer(index, found(offsets, { name: topicName, id: topic?.id }, index, requireStable))
    })
    return { name, topicId, partitions }
  }

  /** Of partitions with a commit. One that only an open transaction has offsets for is not among them. */
  function allOf(offsets: CommittedOffsets | undefined, { requireStable }: FetchMode): TopicAnswer[] {
    return [...(offsets?.topics() ?? [])].map(([name, partitions]) => {
      const id = topics.get(name)?.id
      const answers = [...partitions.keys()].map(index =>
        partitionAnswer(index, found(offsets, { name, id }, index, requireStable)),
      )
      return { name, topicId: id ?? ZERO_UUID, partitions: answers }
    })
  }

  return handler(APIS.OffsetFetch, 'strict', handle)
}

interface FetchMode {
  /** Topics are asked for by id. */
  readonly byId: boolean
  /** An offset that a transaction is about to replace is not told (KIP-447). */
  readonly requireStable: boolean
}

interface Found {
  readonly errorCode: ErrorCode
  readonly committed?: CommittedOffset | undefined
}

/** `id`: of the topic that has the name now. What was committed for an earlier one is not for this one. */
function found(
  offsets: CommittedOffsets | undefined,
  { name, id }: { readonly name: string; readonly id: string | undefined },
  partition: number,
  requireStable: boolean,
): Found {
  if (requireStable && offsets?.isPending(name, partition) === true)
    return { errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
  const committed = offsets?.get(name, partition)
  const isOfAnother = id !== undefined && committed?.topicId !== ZERO_UUID && committed?.topicId !== id
  return { errorCode: ErrorCode.NONE, committed: isOfAnother ? undefined : committed }
}

/** A partition without a commit is no error: its offset is −1. */
function partitionAnswer(partitionIndex: number, { errorCode, committed }: Found) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode,
  }
}
