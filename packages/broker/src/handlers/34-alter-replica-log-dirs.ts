/**
 * AlterReplicaLogDirs (API key 34), v1 to v2. A partition stays in the directory it was created in: only asking for that
 * one succeeds, another one of this broker is INVALID_REQUEST.
 */
import { type AlterReplicaLogDirsRequest, APIS, ErrorCode } from '@millrace/protocol'
import type { RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

export function alterReplicaLogDirs({ logs, topics }: BrokerServices): RequestHandler {
  function handle({ dirs }: AlterReplicaLogDirsRequest) {
    const directories = new Map(logs.directories.map(({ path, isOffline }) => [path, isOffline]))
    const outcome = (path: string, topic: string, partition: number) => {
      const isOffline = directories.get(path)
      if (isOffline === undefined) return ErrorCode.LOG_DIR_NOT_FOUND
      return isOffline ? ErrorCode.KAFKA_STORAGE_ERROR : placement(path, topic, partition)
    }
    const byTopic = new Map<string, { partitionIndex: number; errorCode: number }[]>()
    for (const { path, topics: moved } of dirs)
      for (const { name, partitions } of moved) {
        const results = byTopic.get(name) ?? []
        byTopic.set(name, results)
        for (const partition of partitions)
          results.push({ partitionIndex: partition, errorCode: outcome(path, name, partition) })
      }
    return { results: Array.from(byTopic, ([topicName, partitions]) => ({ topicName, partitions })) }
  }

  function placement(path: string, topic: string, partition: number): ErrorCode {
    const log = topics.log(topic, partition)
    if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return log.directory === `${path}/${log.name}` ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
  }

  return handler(APIS.AlterReplicaLogDirs, 'strict', handle)
}
