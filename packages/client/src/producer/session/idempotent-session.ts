/** Gets a producer id and gives it to the partitions; each of them counts its own epochs on from there (KIP-360). */
import { APIS, ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import type { PartitionQueue, ProducerIdentity } from '../partition-queue.ts'
import type { ProducerBatch } from '../producer-batch.ts'
import type { ProducerSession } from './producer-session.ts'

export class IdempotentSession implements ProducerSession {
  readonly transactionalId = null
  readonly maxProduceVersion = undefined
  private identity: ProducerIdentity | undefined
  private isGettingIdentity = false

  constructor(
    private readonly cluster: Cluster,
    /** How long one search for a producer id may take. */
    private readonly timeoutMs: number,
    private readonly closing: AbortSignal,
    /** The identity is there, or why it is not: retriable failures are tried again as soon as somebody asks. */
    private readonly onNews: (failure: MillraceError | undefined) => void,
  ) {}

  admits(queue: PartitionQueue<ProducerBatch>): boolean {
    if (!queue.needsIdentity) return true
    if (this.identity !== undefined && queue.adopt(this.identity)) return true
    this.identity = undefined
    this.getIdentity()
    return false
  }

  requireOpenForRecords(): void {}

  gaveUp(error: MillraceError): MillraceError {
    return error
  }

  private getIdentity(): void {
    if (this.isGettingIdentity) return
    this.isGettingIdentity = true
    const limit = { timeoutMs: this.timeoutMs, signal: this.closing }
    this.cluster
      .retrying('getting a producer id', limit, async remaining => {
        const answer = await this.cluster.requestAny(
          APIS.InitProducerId,
          () => ({ transactionalId: null, transactionTimeoutMs: 0 }),
          remaining,
        )
        if (answer.errorCode !== ErrorCode.NONE) throw new KafkaError(answer.errorCode, 'getting a producer id')
        return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
      })
      .then(
        identity => {
          this.isGettingIdentity = false
          this.identity = identity
          this.onNews(undefined)
        },
        (error: unknown) => {
          this.isGettingIdentity = false
          if (this.closing.aborted) return
          if (!(error instanceof MillraceError)) throw error
          this.onNews(error)
        },
      )
  }
}
