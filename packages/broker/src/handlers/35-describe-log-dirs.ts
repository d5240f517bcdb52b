/** DescribeLogDirs (API key 35), v1 to v5: what each data directory holds, and how much room its volume has. */
import { FileError } from '@millrace/platform'
import {
  APIS,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  ErrorCode,
  type InputOf,
} from '@millrace/protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { METADATA_TOPIC } from '../metadata/topic-name.ts'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type Directory = InputOf<typeof DescribeLogDirsResponse>['results'][number]

const UNKNOWN = -1

export function describeLogDirs({ logs, files }: BrokerServices): RequestHandler {
  function handle({ topics }: DescribeLogDirsRequest) {
    const wanted = topics && new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
    const isWanted = ({ topic, partition }: PartitionLog) =>
      topic !== METADATA_TOPIC && (wanted === null || wanted.get(topic)?.has(partition) === true)
    const results = logs.directories.map(({ path, isOffline }): Directory => {
      if (isOffline) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: path, topics: [] }
      const held = [...logs.logs()].filter(log => log.directory === `${path}/${log.name}` && isWanted(log))
      return {
        errorCode: ErrorCode.NONE,
        logDir: path,
        topics: byTopic(held),
        totalBytes: bytesOf(() => files.capacityBytes(path)),
        usableBytes: bytesOf(() => files.freeBytes(path)),
      }
    })
    return { errorCode: ErrorCode.NONE, results }
  }
  return handler(APIS.DescribeLogDirs, 'strict', handle)
}

function byTopic(held: readonly PartitionLog[]): Directory['topics'] {
  const topics = new Map<string, Directory['topics'][number]['partitions'][number][]>()
  for (const { topic, partition, sizeInBytes } of held) {
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    // The one replica there is does not lag.
    partitions.push({ partitionIndex: partition, partitionSize: sizeInBytes, offsetLag: 0, isFutureKey: false })
  }
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }))
}

function bytesOf(measure: () => number): number {
  try {
    const bytes = measure()
    return Number.isFinite(bytes) ? bytes : UNKNOWN
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return UNKNOWN
  }
}
