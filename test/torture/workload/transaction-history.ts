import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, TopicPartition } from '@millrace/client'
import { realPlatform, type SeededRandom } from '@millrace/platform'
import { APIS, ErrorCode, ZERO_UUID } from '@millrace/protocol'
import { ProtocolClient } from '../../../packages/broker/test/protocol-client.ts'
import { eventually } from '../cluster/eventually.ts'
import { readLog } from '../cluster/read-log.ts'
import { anomaliesIn } from '../history/checks.ts'
import { HistoryRecorder, type LoggedPartition, type Transaction } from '../history/history.ts'
import { RecordingReader } from './recording-reader.ts'
import { TransactionalWriter } from './transactional-writer.ts'

const PARTITIONS = 3
const WRITERS = 3
/** Histories in which a transaction is left alone until the coordinator ends it: they take as long as it does. */
const ABANDONED_SHARE = 0.06
const ABANDONED_TIMEOUT_MS = 1_500
/** What the coordinator may take on top. */
const ABANDONED_GRACE_MS = 1_000
const SETTLE_LIMIT_MS = 30_000

export interface HistoryOptions {
  /** Of its topic, and in front of all other names. */
  readonly name: string
  /** Through the bad network. */
  readonly bootstrapServers: string
  /** Past it. */
  readonly brokerPort: number
  readonly admin: Admin
  readonly random: SeededRandom
}

export interface LivedHistory {
  readonly problems: readonly string[]
  transactions: number
  zombiesFenced: number
  /** Longest time from the last sign of life of an abandoned transaction until its records were decided; 0 without one. */
  slowestEndMs: number
}

const platform = realPlatform()

/** Some writers with transactions, and a reader, on a topic of their own; then everything that is wrong with what came of it. */
export async function liveHistory(options: HistoryOptions): Promise<LivedHistory> {
  const { name, bootstrapServers, brokerPort, random } = options
  const recorder = new HistoryRecorder()
  const partitions = Array.from({ length: PARTITIONS }, (_, partition): TopicPartition => ({ topic: name, partition }))
  const direct = await ProtocolClient.connect(platform.network, brokerPort)
  try {
    await createTopic(direct, name)
    const reader = new RecordingReader({
      name: `${name}-reader`,
      bootstrapServers,
      recorder,
      settings: { requestTimeoutMs: 1_500, fetchMaxWaitMs: 100 },
    })
    reader.readAll(partitions)
    const isAbandoning = random.chance(ABANDONED_SHARE)
    const writers = Array.from({ length: WRITERS }, (_, index) => {
      const transactionTimeoutMs = isAbandoning ? ABANDONED_TIMEOUT_MS : 60_000
      const writer = { name: `${name}-${index}`, topic: name, partitions, transactionTimeoutMs, isAbandoning }
      return new TransactionalWriter({ ...writer, bootstrapServers, recorder, random: random.split(`writer ${index}`) })
    })
    await Promise.all(writers.map(writer => writer.run()))
    const problems = writers.flatMap(writer => writer.problems)
    const slowestEndMs = await settle(direct, name, writers, problems)
    recorder.log = await readLog(brokerPort, name, PARTITIONS)
    await eventually(SETTLE_LIMIT_MS, () => hasSeenAll(recorder, reader)).catch(() =>
      problems.push(`the reader is stuck at ${[...reader.positions]}`),
    )
    await reader.stop()
    problems.push(...reader.problems)
    problems.push(...anomaliesIn(recorder).map(({ kind, detail }) => `${kind}: ${detail}`))
    for (const writer of writers) problems.push(...(await judgeOffsets(options.admin, writer, recorder)))
    await direct.send(APIS.DeleteTopics, { topics: [{ name, topicId: ZERO_UUID }], timeoutMs: 5_000 })
    return {
      problems,
      transactions: recorder.transactions.size,
      zombiesFenced: writers.reduce((sum, { zombiesFenced }) => sum + zombiesFenced, 0),
      slowestEndMs,
    }
  } finally {
    direct.close()
  }
}

async function createTopic(direct: ProtocolClient, name: string): Promise<void> {
  const topic = { name, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }
  const { topics } = await direct.send(APIS.CreateTopics, { topics: [topic], timeoutMs: 10_000 })
  if (topics[0]!.errorCode !== ErrorCode.NONE) throw new Error(`${name} was not created: ${topics[0]!.errorCode}`)
}

/** Waits until everything is decided; how long abandoned transactions took for that. */
async function settle(
  direct: ProtocolClient,
  topic: string,
  writers: readonly TransactionalWriter[],
  problems: string[],
): Promise<number> {
  const abandonedMs = Math.max(0, ...writers.map(writer => writer.abandonedAtMs))
  const limitMs = performance.now() + SETTLE_LIMIT_MS
  while (!(await isDecided(direct, topic))) {
    if (performance.now() > limitMs) {
      problems.push(`not decided after ${SETTLE_LIMIT_MS} ms`)
      break
    }
    await sleep(20)
  }
  if (abandonedMs === 0) return 0
  const tookMs = performance.now() - abandonedMs
  if (tookMs > ABANDONED_TIMEOUT_MS + ABANDONED_GRACE_MS)
    problems.push(`what was abandoned was decided after ${Math.round(tookMs)} ms`)
  return tookMs
}

async function isDecided(direct: ProtocolClient, topic: string): Promise<boolean> {
  const ends = async (isolationLevel: number) => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const answer = await direct.send(APIS.ListOffsets, {
      replicaId: -1,
      isolationLevel,
      topics: [{ name: topic, partitions }],
    })
    return answer.topics[0]!.partitions.map(({ offset }) => offset).join()
  }
  return (await ends(0)) === (await ends(1))
}

function hasSeenAll({ log }: HistoryRecorder, reader: RecordingReader): boolean {
  return log.every(({ partition, records }) => {
    const last = records.findLast(({ verdict }) => verdict === 'committed' || verdict === 'plain')
    return last === undefined || (reader.positions.get(partition) ?? 0) > last.offset
  })
}

/** The offsets of a writer's group are those of its last committed transaction that had any. */
async function judgeOffsets(admin: Admin, writer: TransactionalWriter, recorder: HistoryRecorder): Promise<string[]> {
  const committed = committedTransactions(recorder, recorder.log)
  const expected = new Map<string, number>()
  for (const { transaction, partition, offset } of writer.offsets)
    if (committed.has(transaction)) expected.set(partition, offset)
  if (writer.offsets.length === 0) return []
  const found = await admin.listConsumerGroupOffsets(writer.groupId)
  const problems: string[] = []
  for (const { topic, partition } of writer.partitions) {
    const name = `${topic}-${partition}`
    const offset = found.get(topic, partition)?.offset
    if (offset !== expected.get(name))
      problems.push(
        `inconsistent offsets: ${writer.groupId} is at ${offset} of ${name}, transactions committed ${expected.get(name)}`,
      )
  }
  return problems
}

/** As the log has it: an answer may be missing. */
function committedTransactions(recorder: HistoryRecorder, log: readonly LoggedPartition[]): Set<Transaction> {
  const committed = new Set<Transaction>()
  for (const { records } of log)
    for (const { name, verdict } of records) {
      const transaction = recorder.writes.get(name)?.transaction ?? null
      if (verdict === 'committed' && transaction !== null) committed.add(recorder.transactions.get(transaction)!)
    }
  return committed
}
