import type { MetadataLog } from './metadata-log.ts'

/** As many as Kafka reserves at once (`ProducerIdsBlock`). */
const BLOCK_SIZE = 1_000

/** Ids for idempotent producers, never given out twice: blocks of them are reserved in the metadata log. */
export class ProducerIds {
  private nextId = 0
  private endOfBlock = 0
  private reserving: Promise<void> | undefined

  constructor(
    private readonly metadata: MetadataLog,
    private readonly nodeId: number,
  ) {}

  /** Rejects with KafkaError KAFKA_STORAGE_ERROR when no block can be reserved. */
  async next(): Promise<number> {
    while (this.nextId >= this.endOfBlock) {
      this.reserving ??= this.reserve().finally(() => {
        this.reserving = undefined
      })
      await this.reserving
    }
    return this.nextId++
  }

  private async reserve(): Promise<void> {
    const firstId = await this.metadata.change(image => {
      const nextProducerId = image.nextProducerId + BLOCK_SIZE
      const value = { brokerId: this.nodeId, nextProducerId }
      return { records: [{ kind: 'ProducerIdsRecord', value }], result: image.nextProducerId }
    })
    this.nextId = firstId
    this.endOfBlock = firstId + BLOCK_SIZE
  }
}
