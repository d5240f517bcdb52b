/** One life of a process that writes to logs: everything a broker does with them, at random, until it ends or crashes. */
import { LOG_CONFIG, LogManager, type PartitionLog, resolveTopicConfig, type TopicConfig } from '@millrace/broker'
import type { Codecs, Platform, SeededRandom } from '@millrace/platform'
import { ErrorCode, KafkaError, parseConfig, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import type { LogModel, ModelRecord } from './log-model.ts'

const TOPIC = 'orders'
const TOPIC_ID = 'b3JkZXJzb3JkZXJzb3JkZQ'
export const LOG_DIRECTORIES = ['/var/one', '/var/two']
const UPKEEP_INTERVALS_MS = {
  'log.flush.offset.checkpoint.interval.ms': 25,
  'log.retention.check.interval.ms': 40,
  'log.cleaner.backoff.ms': 5,
}
const DELETE_RECORDS_SHARE = 0.04
const STEPS = 30
/** The first ones are idempotent, the others transactional. */
const IDEMPOTENT_PRODUCERS = 2
const TRANSACTIONAL_PRODUCERS = 2
const KEYS = 6

const DEFAULTS = resolveTopicConfig(new Map(), parseConfig(LOG_CONFIG, {}))

type LogPlatform = Pick<Platform, 'clock' | 'timers' | 'random' | 'files' | 'codecs'>

/** Tiny segments and short times: everything happens within one life. */
export function tinySettings(isCompacted: boolean): TopicConfig {
  const cleanup: Partial<TopicConfig> = isCompacted
    ? { 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0, 'delete.retention.ms': 50 }
    : { 'retention.bytes': 6_000 }
  return { ...DEFAULTS, 'segment.bytes': 1_500, 'index.interval.bytes': 300, 'file.delete.delay.ms': 20, ...cleanup }
}

/** @param upkeep whether retention, compaction and checkpoints go on beside what is done with the logs */
export async function openLogs(
  platform: LogPlatform,
  models: readonly LogModel[],
  upkeep: 'all' | 'nothing',
): Promise<LogManager> {
  const intervals = upkeep === 'all' ? UPKEEP_INTERVALS_MS : {}
  const logs = await LogManager.open(
    platform,
    parseConfig(LOG_CONFIG, { 'log.dirs': LOG_DIRECTORIES.join(','), ...intervals }),
  )
  const partitions = models.map(model => ({
    topic: TOPIC,
    topicId: TOPIC_ID,
    partition: model.partition,
    config: model.settings,
  }))
  await logs.openAll(partitions)
  return logs
}

export function logOf(logs: LogManager, { partition }: LogModel): PartitionLog {
  const log = logs.get(TOPIC, partition)
  if (log === undefined) throw new Error(`${TOPIC}-${partition} is not there`)
  return log
}

interface SentBatch {
  readonly baseSequence: number
  readonly values: readonly Omit<ModelRecord, 'offset'>[]
}

/** A producer as one partition sees it. */
interface ProducerPart {
  readonly producerId: number
  readonly isTransactional: boolean
  epoch: number
  nextSequence: number
  /** Not answered yet: it is sent again, as it was. */
  unanswered: SentBatch | undefined
}

/** What the writers of one partition remember from one life to the next. */
export class Writers {
  /** A write failed: nobody knows whether the disk has it. */
  hasFailed = false
  private readonly producers: ProducerPart[]

  constructor(readonly model: LogModel) {
    const part = (producerId: number, isTransactional: boolean): ProducerPart => ({
      producerId,
      isTransactional,
      epoch: 0,
      nextSequence: 0,
      unanswered: undefined,
    })
    this.producers = [
      ...Array.from({ length: IDEMPOTENT_PRODUCERS }, (_, index) => part(index, false)),
      ...Array.from({ length: TRANSACTIONAL_PRODUCERS }, (_, index) => part(100 + index, true)),
    ]
  }

  /** The log was opened after a crash: transactions are aborted, and producers whose records may be lost begin anew. */
  reopened(log: PartitionLog, nowMs: number): void {
    this.hasFailed = false
    for (const producer of this.producers) {
      if (this.model.isDurable && !producer.isTransactional) continue
      producer.epoch++
      producer.nextSequence = 0
      producer.unanswered = undefined
      if (log.hasOpenTransaction(producer.producerId, producer.epoch - 1)) this.end(log, producer, 'abort', nowMs)
    }
  }

  /** Does one thing at random. Resolves when it is answered. */
  async step(log: PartitionLog, random: SeededRandom, name: string, platform: LogPlatform): Promise<void> {
    const nowMs = platform.clock.nowMs()
    const producer = random.pick(this.producers)
    if (!this.model.isCompacted && random.chance(DELETE_RECORDS_SHARE)) return this.deleteRecords(log, random)
    if (producer.isTransactional && random.chance(0.3)) {
      if (!log.hasOpenTransaction(producer.producerId, producer.epoch)) return
      return this.answered(log, this.end(log, producer, random.chance(0.5) ? 'commit' : 'abort', nowMs))
    }
    const values = Array.from({ length: 1 + random.integer(4) }, (_, index) => ({
      key: `k${random.integer(KEYS)}`,
      value: random.chance(0.1) ? null : `${name}.${index}`.padEnd(random.integer(120), '.'),
    }))
    await this.append(log, producer, values, platform)
  }

  private async append(
    log: PartitionLog,
    producer: ProducerPart,
    values: SentBatch['values'],
    { clock, codecs }: LogPlatform,
  ): Promise<void> {
    const { model } = this
    const { producerId, isTransactional, epoch: producerEpoch } = producer
    const sent = producer.unanswered ?? { baseSequence: producer.nextSequence, values }
    producer.unanswered = sent
    const header = { producerId, producerEpoch, baseSequence: sent.baseSequence, isTransactional }
    const batch = batchOf(header, sent.values, clock.nowMs(), codecs)
    const add = () => model.add({ ...header, marker: null }, sent.values)
    const { baseOffset, lastOffset, isDuplicate } = this.orMaybe(() => log.append(batch, clock.nowMs()), add)
    if (!isDuplicate) add()
    else if (model.batchAt(baseOffset)?.baseSequence !== sent.baseSequence)
      throw new Error(
        `${log.name}: ${producerId} sent ${sent.baseSequence} again and is told that it is at ${baseOffset}`,
      )
    await this.answered(log, lastOffset + 1)
    if (producer.unanswered !== sent) return
    producer.unanswered = undefined
    producer.nextSequence = sent.baseSequence + sent.values.length
  }

  /** Returns the end of the log behind the marker. */
  private end(log: PartitionLog, producer: ProducerPart, marker: 'commit' | 'abort', nowMs: number): number {
    const { producerId, epoch: producerEpoch } = producer
    const end = { producerId, producerEpoch, coordinatorEpoch: 0, verdict: marker }
    const add = () => this.model.add({ producerId, producerEpoch, baseSequence: -1, isTransactional: true, marker }, [])
    const { lastOffset } = this.orMaybe(() => log.appendMarker(end, nowMs), add)
    add()
    return lastOffset + 1
  }

  /** What the disk refuses may be on it all the same: the model has it then, and nothing more is written to this log. */
  private orMaybe<T>(append: () => T, add: () => void): T {
    try {
      return append()
    } catch (error) {
      if (isStorageError(error)) {
        this.hasFailed = true
        add()
      }
      throw error
    }
  }

  private async answered(log: PartitionLog, endOffset: number): Promise<void> {
    await log.synced(endOffset)
    if (this.model.isDurable) this.model.durableEnd = Math.max(this.model.durableEnd, endOffset)
  }

  private async deleteRecords(log: PartitionLog, random: SeededRandom): Promise<void> {
    const offset = random.between(log.logStartOffset, log.highWatermark)
    const start = await log.deleteRecordsBefore(offset)
    this.model.durableStart = Math.max(this.model.durableStart, start)
  }
}

function isStorageError(error: unknown): boolean {
  return error instanceof KafkaError && error.errorCode === ErrorCode.KAFKA_STORAGE_ERROR
}

/** One life: steps on all partitions, answered or not, until all is done or the disk has failed. */
export async function live(
  logs: LogManager,
  writers: readonly Writers[],
  platform: LogPlatform,
  random: SeededRandom,
  life: number,
): Promise<void> {
  let hasFailed = false
  const failed = (error: unknown) => {
    if (!isStorageError(error)) throw error
    hasFailed = true
  }
  try {
    for (const each of writers) each.reopened(logOf(logs, each.model), platform.clock.nowMs())
  } catch (error) {
    failed(error)
  }
  for (let step = 0; step < STEPS && !hasFailed && writers.every(each => !each.hasFailed); step++) {
    const each = random.pick(writers)
    const log = logOf(logs, each.model)
    const done = each.step(log, random, `${life}/${step}`, platform).catch(failed)
    if (random.chance(0.6)) await done
    else if (random.chance(0.5)) await platform.timers.sleep(1 + random.integer(20))
  }
}

function batchOf(
  header: Omit<ConstructorParameters<typeof RecordBatchBuilder>[0], 'transactional'> & { isTransactional: boolean },
  values: SentBatch['values'],
  timestampMs: number,
  codecs: Codecs,
): RecordBatch {
  const { isTransactional, ...stamp } = header
  const builder = new RecordBatchBuilder({ ...stamp, transactional: isTransactional }, codecs)
  for (const { key, value } of values)
    builder.append({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs })
  return new RecordBatch(builder.build())
}
