/** DescribeQuorum (API key 55), v0 to v2: this node is the only voter. */
import { APIS, type DescribeQuorumRequest, ErrorCode, ZERO_UUID } from '@millrace/protocol'
import { METADATA_TOPIC } from '../metadata/topic-name.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

const LISTENER = 'PLAINTEXT'
const FIRST_WITH_DIRECTORIES = 2

export function describeQuorum(services: BrokerServices): RequestHandler {
  const { clock, config, logs, metadata } = services

  function handle({ topics }: DescribeQuorumRequest, { apiVersion }: RequestContext) {
    const described = topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === METADATA_TOPIC && partitionIndex === 0 ? quorum(apiVersion) : missing(partitionIndex),
      ),
    }))
    const isFound = topics.some(({ topicName }) => topicName === METADATA_TOPIC)
    const listeners = [{ name: LISTENER, ...services.advertised() }]
    const nodes = isFound && apiVersion >= FIRST_WITH_DIRECTORIES ? [{ nodeId: config['node.id'], listeners }] : []
    return { errorCode: ErrorCode.NONE, errorMessage: '', topics: described, nodes }
  }

  function quorum(apiVersion: number) {
    const { leaderEpoch, highWatermark } = metadata
    const nowMs = clock.nowMs()
    const voter = {
      replicaId: config['node.id'],
      // The metadata log is in the first directory.
      replicaDirectoryId: apiVersion >= FIRST_WITH_DIRECTORIES ? logs.directories[0]!.id : ZERO_UUID,
      logEndOffset: highWatermark,
      lastFetchTimestamp: nowMs,
      lastCaughtUpTimestamp: nowMs,
    }
    return {
      partitionIndex: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: '',
      leaderId: config['node.id'],
      leaderEpoch,
      highWatermark,
      currentVoters: [voter],
      observers: [],
    }
  }

  return handler(APIS.DescribeQuorum, 'strict', handle)
}

function missing(partitionIndex: number) {
  return {
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: `only ${METADATA_TOPIC}-0 has a quorum`,
    leaderId: -1,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
}
