import type { PartitionLog } from '../partition-log.ts'
import { checkpointKey, type PartitionOffsets } from './checkpoint-file.ts'
import { CoalescedWrite } from './coalesced-write.ts'
import type { DataDirectory } from './data-directory.ts'

/** The checkpoints of one data directory: how far each of its logs is durable and compacted, and where it begins. */
export class Checkpoints {
  /** Those of Kafka's files that hold the starts alone. */
  private readonly starts = new CoalescedWrite(() => this.writeStarts())

  constructor(
    private readonly directory: DataDirectory,
    private readonly logs: () => readonly PartitionLog[],
  ) {}

  /** Writes all of them. Resolves once they are durable. */
  async writeAll(): Promise<void> {
    await this.write()
    await this.directory.writeHighWatermarks(offsetsOf(this.logs(), log => log.highWatermark))
  }

  /** Writes those that a start reads. Resolves once they are durable. */
  async write(): Promise<void> {
    const logs = this.logs()
    await this.directory.writeRecoveryPoints(offsetsOf(logs, log => log.recoveryPoint))
    await this.writeStarts()
    const compacted = logs.filter(log => log.compactedOffset !== undefined)
    await this.directory.writeCompactedOffsets(offsetsOf(compacted, log => log.compactedOffset ?? 0))
  }

  /** Resolves once the start offsets as they are now are durable. */
  requestStarts(): Promise<void> {
    return this.starts.request()
  }

  private writeStarts(): Promise<void> {
    const withCutStart = this.logs().filter(log => log.hasCutStart)
    return this.directory.writeLogStartOffsets(offsetsOf(withCutStart, log => log.logStartOffset))
  }
}

function offsetsOf(logs: readonly PartitionLog[], offsetOf: (log: PartitionLog) => number): PartitionOffsets {
  return new Map(logs.map(log => [checkpointKey(log.topic, log.partition), offsetOf(log)]))
}
