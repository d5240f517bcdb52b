/**
 * Which partition a record goes to. Keys decide by murmur2, as in every Kafka client; records without a key stay with
 * one partition until it has got a batch's worth of bytes, then move on, so that batches fill (KIP-480, KIP-794).
 */
import type { Random } from '@millrace/platform'
import { partitionForKey } from '@millrace/protocol'
import type { PartitionMetadata } from '../cluster/metadata.ts'

export interface PartitionableRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** Returns a partition number, or null to leave the record to the default rules. */
export type Partitioner = (record: PartitionableRecord, partitions: readonly PartitionMetadata[]) => number | null

interface StickyChoice {
  readonly partition: number
  bytes: number
}

export class DefaultPartitioner {
  private readonly choices = new Map<string, StickyChoice>()

  constructor(
    private readonly batchSizeBytes: number,
    private readonly random: Random,
  ) {}

  partition(record: PartitionableRecord, sizeInBytes: number, partitions: readonly PartitionMetadata[]): number {
    if (record.key !== null) return partitionForKey(record.key, partitions.length)
    const choice = this.choices.get(record.topic)
    if (
      choice !== undefined &&
      choice.bytes + sizeInBytes <= this.batchSizeBytes &&
      choice.partition < partitions.length
    ) {
      choice.bytes += sizeInBytes
      return choice.partition
    }
    const partition = this.next(partitions, choice?.partition)
    this.choices.set(record.topic, { partition, bytes: sizeInBytes })
    return partition
  }

  /** A random one other than the last; one with a leader if any has. */
  private next(partitions: readonly PartitionMetadata[], last: number | undefined): number {
    const led = partitions.filter(({ leaderId }) => leaderId >= 0)
    const usable = led.length > 0 ? led : partitions
    const others = usable.filter(({ partition }) => partition !== last)
    const choices = others.length > 0 ? others : usable
    return choices[this.random.integer(choices.length)]!.partition
  }
}
