/** Metadata (API key 3), v0 to v13. Asking for a missing topic may create it; the answer then has it already. */
import {
  APIS,
  ErrorCode,
  type InputOf,
  KafkaError,
  type MetadataRequest,
  type MetadataResponse,
  ZERO_UUID,
} from '@millrace/protocol'
import { offsetsTopic } from '../coordinator/offsets-topic.ts'
import type { TopicImage } from '../metadata/metadata-image.ts'
import { INTERNAL_TOPICS, OFFSETS_TOPIC, TRANSACTIONS_TOPIC, topicNameProblem } from '../metadata/topic-name.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import type { NewTopic } from '../topics/create-topic.ts'
import { transactionsTopic } from '../transactions/coordinator/transactions-topic.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED_FOR, TOPIC_OPERATIONS } from './authorized-operations.ts'
import { describePartition } from './partition-description.ts'
import { type BrokerServices, handler } from './services.ts'

type AskedTopic = NonNullable<MetadataRequest['topics']>[number]
type TopicAnswer = InputOf<typeof MetadataResponse>['topics'][number]

/** Below, an empty list asks for all topics; from here on null does, and an empty list asks for none. */
const FIRST_WITH_NULL_FOR_ALL = 1
/** Below, requests have a place for topic ids, and answers none for a topic without a name. */
const FIRST_BY_TOPIC_ID = 12

export function metadata(services: BrokerServices): RequestHandler {
  const { topics, config } = services

  async function handle(request: MetadataRequest, { apiVersion }: RequestContext) {
    const { host, port } = services.advertised()
    const nodeId = config['node.id']
    if (apiVersion < FIRST_BY_TOPIC_ID && request.topics?.some(isById)) return refused(request.topics)
    const wantsAll = request.topics === null || (apiVersion < FIRST_WITH_NULL_FOR_ALL && request.topics.length === 0)
    const answers: TopicAnswer[] = []
    if (wantsAll) for (const topic of topics.image.topics.values()) answers.push(described(topic))
    else
      for (const { name, topicId } of request.topics ?? [])
        answers.push(
          name === null || topicId !== ZERO_UUID ? byId(topicId) : await byName(name, request.allowAutoTopicCreation),
        )
    return {
      brokers: [{ nodeId, host, port, rack: config['broker.rack'] }],
      clusterId: services.clusterId,
      controllerId: nodeId,
      topics: request.includeTopicAuthorizedOperations
        ? answers.map(answer => ({ ...answer, topicAuthorizedOperations: TOPIC_OPERATIONS }))
        : answers,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED_FOR,
    }
  }

  function byId(topicId: string): TopicAnswer {
    const topic = topics.byId(topicId)
    if (topic !== undefined) return described(topic)
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId, partitions: [] }
  }

  async function byName(name: string, mayCreate: boolean): Promise<TopicAnswer> {
    const topic = topics.get(name)
    if (topic !== undefined) return described(topic)
    if (topicNameProblem(name) !== undefined) return missing(name, ErrorCode.INVALID_TOPIC_EXCEPTION)
    if (!mayCreate || !config['auto.create.topics.enable']) return missing(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    try {
      return described(await topics.create(newTopic(name)))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const created = topics.get(name)
      return created === undefined ? missing(name, error.errorCode) : described(created)
    }
  }

  function newTopic(name: string): NewTopic {
    if (name === OFFSETS_TOPIC) return offsetsTopic(config)
    if (name === TRANSACTIONS_TOPIC) return transactionsTopic(config)
    return { name, partitionCount: -1, replicationFactor: -1, assignments: [], configs: [] }
  }

  function described(topic: TopicImage): TopicAnswer {
    const partitions = Array.from({ length: topic.partitionCount }, (_, index) =>
      describePartition(services, topic, index),
    )
    const { name, id: topicId } = topic
    return { errorCode: ErrorCode.NONE, name, topicId, isInternal: INTERNAL_TOPICS.has(name), partitions }
  }

  return handler(APIS.Metadata, 'strict', handle)
}

function isById({ name, topicId }: AskedTopic): boolean {
  return name === null || topicId !== ZERO_UUID
}

/** As Kafka's: one topic that cannot be asked for in this way spoils the whole request. */
function refused(topics: readonly AskedTopic[]) {
  return {
    brokers: [],
    topics: topics.map(({ name, topicId }) => {
      return { errorCode: ErrorCode.INVALID_REQUEST, name: name ?? '', topicId, partitions: [] }
    }),
  }
}

function missing(name: string, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId: ZERO_UUID, isInternal: INTERNAL_TOPICS.has(name), partitions: [] }
}
