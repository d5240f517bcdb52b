import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Consumer, type TopicPartition } from '@millrace/client'
import { MillraceError } from '@millrace/protocol'
import type { NeverBack } from '../history/never-back.ts'

const INTERVAL_MS = 100
const CALL = { timeoutMs: 5_000 }

export interface ObserverOptions {
  readonly bootstrapServers: string
  readonly partitions: readonly TopicPartition[]
  readonly groupId: string
  /** Gets high watermarks, last stable offsets and committed offsets. */
  readonly ends: NeverBack
}

/** Asks again and again where the partitions end and where the group stands. */
export class Observer {
  private isStopping = false
  private readonly running: Promise<void>

  constructor(private readonly options: ObserverOptions) {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
  }

  private async run(): Promise<void> {
    const { bootstrapServers } = this.options
    const connection = { bootstrapServers, clientId: 'observer', requestTimeoutMs: 2_000, retryBackoffMaxMs: 200 }
    await using uncommitted = new Consumer(connection)
    await using committed = new Consumer({ ...connection, isolationLevel: 'read_committed' })
    await using admin = new Admin(connection)
    while (!this.isStopping) {
      const asked = await Promise.allSettled([
        this.observeEnds(uncommitted, 'high watermark'),
        this.observeEnds(committed, 'last stable offset'),
        this.observeGroup(admin),
      ])
      // While the broker is down there is no answer.
      for (const one of asked) if (one.status === 'rejected' && !(one.reason instanceof MillraceError)) throw one.reason
      await sleep(INTERVAL_MS)
    }
  }

  private async observeEnds(consumer: Consumer, what: string): Promise<void> {
    const { partitions, ends } = this.options
    const before = ends.snapshot()
    for (const [{ topic, partition }, end] of await consumer.endOffsets(partitions, CALL))
      ends.observe(`${what} of ${topic}-${partition}`, end, before)
  }

  private async observeGroup(admin: Admin): Promise<void> {
    const { groupId, ends } = this.options
    const before = ends.snapshot()
    for (const [{ topic, partition }, { offset }] of await admin.listConsumerGroupOffsets(groupId, CALL))
      ends.observe(`committed offset of ${topic}-${partition}`, offset, before)
  }
}
