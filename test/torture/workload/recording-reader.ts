import {
  Consumer,
  type ConsumerOptions,
  type FetchedBatch,
  nameOfPartition,
  type TopicPartition,
} from '@millrace/client'
import type { HistoryRecorder } from '../history/history.ts'
import type { NeverBack } from '../history/never-back.ts'
import { nameIn } from '../history/sized-value.ts'

const POLL_MS = 200

export interface RecordingReaderOptions {
  readonly name: string
  readonly bootstrapServers: string
  readonly recorder: HistoryRecorder
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  /** Further settings of the consumer. */
  readonly settings?: Partial<ConsumerOptions>
}

/** A read_committed consumer that writes down everything it is given, until it is told to stop. */
export class RecordingReader {
  readonly problems: string[] = []
  /** Of each partition, where reading goes on. */
  readonly positions = new Map<string, number>()
  protected readonly consumer: Consumer
  protected session = 0
  private isStopping = false
  private running: Promise<void> | undefined

  constructor(protected readonly options: RecordingReaderOptions) {
    const { bootstrapServers, name, isolation = 'read_committed', settings } = options
    this.consumer = new Consumer({
      bootstrapServers,
      clientId: name,
      isolationLevel: isolation,
      autoOffsetReset: 'earliest',
      requestTimeoutMs: 5_000,
      retryBackoffMaxMs: 200,
      ...settings,
    })
  }

  /** Reads all of these partitions from the start: a complete reader of the history. */
  readAll(partitions: readonly TopicPartition[]): void {
    this.options.recorder.completeReaders.push(this.options.name)
    this.consumer.assign(partitions)
    this.consumer.seekToBeginning(partitions)
    this.start()
  }

  protected start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
    await this.consumer.close()
  }

  /** Hears of each poll's batches, after they were written down. */
  protected async handled(_batches: readonly FetchedBatch[]): Promise<void> {}

  private async run(): Promise<void> {
    while (!this.isStopping) {
      try {
        const batches = await this.consumer.poll({ maxWaitMs: POLL_MS })
        for (const batch of batches) this.record(batch)
        await this.handled(batches)
      } catch (error) {
        this.problems.push(`${this.options.name} failed: ${error instanceof Error ? error.stack : error}`)
        return
      }
    }
  }

  private record(batch: FetchedBatch): void {
    const { recorder, name: reader, isolation = 'read_committed' } = this.options
    const partition = nameOfPartition(batch)
    const records = batch.records.map(({ offset, value }) => ({ offset, name: nameIn(value) }))
    recorder.poll({ reader, partition, session: this.session, isolation, records })
    this.positions.set(partition, batch.nextOffset)
  }
}

export interface GroupReaderOptions extends RecordingReaderOptions {
  readonly topic: string
  readonly groupId: string
  readonly committed: NeverBack
}

/** The same as a member of a group; commits what it was given. */
export class GroupReader extends RecordingReader {
  private readonly commits: NeverBack

  constructor(options: GroupReaderOptions) {
    const { groupId, committed, settings, topic } = options
    const group = { groupId, enableAutoCommit: false, sessionTimeoutMs: 10_000, heartbeatIntervalMs: 500 }
    super({ ...options, settings: { ...group, ...settings } })
    this.commits = committed
    this.consumer.subscribe([topic], {
      onPartitionsAssigned: () => {
        this.session++
      },
    })
    this.start()
  }

  protected override async handled(batches: readonly FetchedBatch[]): Promise<void> {
    if (batches.length === 0) return
    const before = this.commits.snapshot()
    const offsets = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
    try {
      await this.consumer.commit(offsets)
    } catch (error) {
      // The group moved on, or a restart takes long: the offsets come again.
      if (isPassing(error)) return
      throw error
    }
    for (const { topic, partition, offset } of offsets)
      this.commits.observe(`committed offset of ${topic}-${partition}`, offset, before)
  }
}

function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return ['COMMIT_FAILED', 'TIMED_OUT', 'CONNECTION_FAILED'].includes(String(code))
}
