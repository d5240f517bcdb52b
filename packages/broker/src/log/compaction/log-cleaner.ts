import { type Clock, FileError, type Files, type Random, type Timer, type Timers } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import type { LogConfig } from '../../config/log-config.ts'
import type { Segment } from '../segment/segment.ts'
import { type CompactionCandidate, compactionCandidate, type LogState } from './compaction-candidate.ts'
import { type CompactableLog, type CompactionProgress, type CompactionTotals, LogCompaction } from './log-compaction.ts'

/** What the cleaner needs of a log; `PartitionLog` is one. */
export interface CleanableLog extends CompactableLog, LogState<Segment> {
  readonly name: string
  readonly config: CompactableLog['config']
  readonly isOnline: boolean
  /** Where the last pass ended: the cleaner moves it. */
  compactedOffset: number | undefined
}

/** The logs of a broker; `LogManager` is one. */
export interface CleanableLogs {
  readonly platform: {
    readonly clock: Clock
    readonly timers: Timers
    readonly random: Random
    readonly files: Files
    readonly codecs: BatchCodecs
  }
  readonly config: LogConfig
  logs(): Iterable<CleanableLog>
  /** Writes down how far the logs of this one's directory are durable and compacted; resolves once that is durable. */
  checkpoint(log: CleanableLog): Promise<void>
}

/** What became of a pass over one log. */
export type CompactionReport = {
  /** `<topic>-<partition>`. */
  readonly partition: string
} & (
  | ({
      readonly kind: 'compacted'
      /** The dirty part, `[fromOffset, toOffset)`, now compacted. */
      readonly fromOffset: number
      readonly toOffset: number
      readonly durationMs: number
    } & Readonly<CompactionTotals>)
  /** It is left alone until the next start. Mostly its files are damaged. */
  | { readonly kind: 'uncleanable'; readonly error: Error }
  /** The disk is full: tried again later. */
  | { readonly kind: 'postponed'; readonly error: Error }
)

/** Errors of the file system that may be over the next time. */
const PASSING_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'])
/** What one of `log.cleaner.threads` may use of the I/O buffer: half of it is for reading, as in Kafka. */
const MIN_READ_BUFFER_BYTES = 4096
const HASH_SEEDS = 2 ** 31

/**
 * Compacts the logs that need it, the dirtiest first, `log.cleaner.threads` of them side by side; there is but one thread, so
 * more than one helps only where passes wait for the disk. Looks around every `log.cleaner.backoff.ms`. Kafka: `LogCleaner`.
 */
export class LogCleaner {
  private readonly passes = new Map<
    CleanableLog,
    { readonly compaction: LogCompaction; readonly done: Promise<void> }
  >()
  /** Reported once, and not tried again. */
  private readonly uncleanable = new WeakSet<CleanableLog>()
  private timer: Timer | undefined
  private isStopped = false
  private isHalted = false

  constructor(
    private readonly logs: CleanableLogs,
    private readonly onReport: (report: CompactionReport) => void = () => {},
  ) {}

  /** Does nothing if `log.cleaner.enable` is off. */
  start(): void {
    if (this.logs.config['log.cleaner.enable']) this.lookAroundLater()
  }

  /** The passes under way, by partition. */
  get progress(): ReadonlyMap<string, Readonly<CompactionProgress>> {
    return new Map(Array.from(this.passes, ([log, { compaction }]) => [log.name, compaction.progress]))
  }

  /** Resolves when nothing is under way any more: passes that are give up after their slice. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.timer?.cancel()
    await Promise.all(Array.from(this.passes.values(), ({ done }) => done))
  }

  /** Leaves everything as it is, as `kill -9` would. */
  halt(): void {
    this.isHalted = true
    this.isStopped = true
    this.timer?.cancel()
  }

  private lookAroundLater(): void {
    this.timer = this.logs.platform.timers.after(this.logs.config['log.cleaner.backoff.ms'], () => {
      this.lookAroundLater()
      this.beginPasses()
    })
  }

  private beginPasses(): void {
    const threads = this.logs.config['log.cleaner.threads']
    while (!this.isStopped && this.passes.size < threads) {
      const dirtiest = this.dirtiest()
      if (dirtiest === undefined) return
      this.begin(dirtiest.log, dirtiest.candidate)
    }
  }

  private dirtiest(): { readonly log: CleanableLog; readonly candidate: CompactionCandidate<Segment> } | undefined {
    const nowMs = this.logs.platform.clock.nowMs()
    let dirtiest: { log: CleanableLog; candidate: CompactionCandidate<Segment> } | undefined
    for (const log of this.logs.logs()) {
      if (!log.isOnline || this.passes.has(log) || this.uncleanable.has(log)) continue
      const candidate = this.candidateOf(log, nowMs)
      if (candidate?.isDue && candidate.dirtyRatio > (dirtiest?.candidate.dirtyRatio ?? -1))
        dirtiest = { log, candidate }
    }
    return dirtiest
  }

  private candidateOf(log: CleanableLog, nowMs: number): CompactionCandidate<Segment> | undefined {
    try {
      return compactionCandidate(log, nowMs)
    } catch (error) {
      this.failed(log, error)
      return undefined
    }
  }

  private begin(log: CleanableLog, candidate: CompactionCandidate<Segment>): void {
    const { platform, config } = this.logs
    const threads = config['log.cleaner.threads']
    const compaction = new LogCompaction(log, candidate, {
      ...platform,
      maxMapBytes: config['log.cleaner.dedupe.buffer.size'] / threads,
      mapLoadFactor: config['log.cleaner.io.buffer.load.factor'],
      mapSeed: platform.random.integer(HASH_SEEDS),
      readBufferBytes: Math.max(MIN_READ_BUFFER_BYTES, Math.floor(config['log.cleaner.io.buffer.size'] / threads / 2)),
      maxBytesPerSecond: config['log.cleaner.io.max.bytes.per.second'],
      isCancelled: () => this.isStopped || !log.isOnline || !log.config['cleanup.policy'].includes('compact'),
      isHalted: () => this.isHalted,
      beforeReplacement: () => this.logs.checkpoint(log),
    })
    this.passes.set(log, { compaction, done: this.run(log, candidate.dirtyOffset, compaction) })
  }

  private async run(log: CleanableLog, fromOffset: number, compaction: LogCompaction): Promise<void> {
    const { clock } = this.logs.platform
    const startedMs = clock.monotonicMs()
    let isDone = false
    try {
      const toOffset = await compaction.run()
      if (toOffset !== undefined && !this.isHalted) {
        log.compactedOffset = toOffset
        await this.logs.checkpoint(log)
        isDone = true
        const durationMs = clock.monotonicMs() - startedMs
        this.onReport({
          kind: 'compacted',
          partition: log.name,
          fromOffset,
          toOffset,
          durationMs,
          ...compaction.totals,
        })
      }
    } catch (error) {
      this.failed(log, error)
    }
    this.passes.delete(log)
    // After a failure not before the next look around: nothing is tried in a loop.
    if (isDone) this.beginPasses()
  }

  private failed(log: CleanableLog, error: unknown): void {
    if (!log.isOnline || this.isStopped) return
    const isPassing = error instanceof FileError && PASSING_ERRORS.has(error.code)
    if (!isPassing) this.uncleanable.add(log)
    this.onReport({
      kind: isPassing ? 'postponed' : 'uncleanable',
      partition: log.name,
      error: error instanceof Error ? error : new Error(String(error)),
    })
  }
}
