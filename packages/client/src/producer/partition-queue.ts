/**
 * The batches of one partition on their way to the broker, and the sequence numbers that make retries safe (KIP-98,
 * KIP-360). Pure: it is told what happened and says what may be sent.
 *
 * Batches stay in one list, oldest first, from the first record until their outcome is known. A batch's sequence is not
 * kept but follows from its place: `firstSequence`, what the broker expects next, plus the records in front of it. So a
 * batch that is known not to be in the log can simply leave the list, and those behind it move up.
 *
 * Order rests on four rules:
 * 1. A batch that was sent before is sent again only as the oldest of its partition.
 * 2. A new batch is sent behind others only on the connection that carries them.
 * 3. Until the broker has acknowledged a first batch under a producer epoch, or the first after a pause, only one is in
 *    flight: a broker without state for a producer takes any sequence, so a second batch could be accepted although the
 *    first was not.
 * 4. A batch whose fate is unknown when it is given up counts as written. If it was not, the next one is refused as out of
 *    order, which proves the gap: then the partition starts over at sequence 0 under the next producer epoch. In a
 *    transaction the epoch is not the partition's to choose: it is broken until the next one.
 */
const SEQUENCES = 2 ** 31
const LAST_PRODUCER_EPOCH = 0x7fff
/** Brokers forget producers that write nothing (`producer.id.expiration.ms`, a day; or as retention removes what they wrote). */
const CONFIRMATION_LASTS_MS = 60_000

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What a batch carries of its producer. */
export interface ProducerStamp extends ProducerIdentity {
  readonly baseSequence: number
}

/** How the batches of a producer are numbered: not at all, with epochs of each partition's own, or with the transaction's. */
export type Numbering = 'none' | 'perPartition' | 'perTransaction'

export interface QueuedBatch {
  readonly recordCount: number
  /** Monotonic time of the first record; older batches have smaller ones. */
  readonly createdMs: number
  /** May still get records. */
  isOpen: boolean
  isInFlight: boolean
  /** How often it was sent. */
  attempts: number
  /** Not before this time, once it was sent. */
  retryAtMs: number
  /** Of the latest attempt; null if the producer is not idempotent. */
  stamp: ProducerStamp | null
}

export class PartitionQueue<B extends QueuedBatch> {
  /** Null until {@link adopt}, always for a producer that is not idempotent. */
  private identity: ProducerIdentity | null = null
  /** Its epochs are used up. */
  private spentProducerId = -1
  private firstSequence = 0
  private isConfirmed = false
  private hasGap = false
  /** Creation time of the newest batch there was. */
  private latestMs = 0
  /** What carries the batches in flight. */
  private carrier: unknown
  private inFlight = 0
  private readonly batches: B[] = []

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly numbering: Numbering,
  ) {}

  get isEmpty(): boolean {
    return this.batches.length === 0
  }
  get oldest(): B | undefined {
    return this.batches[0]
  }
  get newest(): B | undefined {
    return this.batches[this.batches.length - 1]
  }
  get all(): readonly B[] {
    return this.batches
  }
  /** Nothing can be sent before {@link adopt}. */
  get needsIdentity(): boolean {
    return this.numbering !== 'none' && this.identity === null
  }
  /** Sequences of a transaction are missing for good: nothing can be sent before the next epoch. */
  get isBroken(): boolean {
    return this.hasGap
  }

  /** Who writes from now on, from sequence 0 unless it is who wrote before. False: a new producer id is needed. */
  adopt(identity: ProducerIdentity): boolean {
    if (identity.producerId === this.spentProducerId) return false
    if (this.isWrittenBy(identity)) return true
    this.identity = identity
    this.hasGap = false
    this.firstSequence = 0
    this.isConfirmed = false
    return true
  }

  push(batch: B): void {
    if (this.isEmpty && batch.createdMs - this.latestMs > CONFIRMATION_LASTS_MS) this.isConfirmed = false
    this.latestMs = batch.createdMs
    this.batches.push(batch)
  }

  /** The batch to send next if the time is right, given the rules above. It may still be open. */
  get candidate(): B | undefined {
    if (this.needsIdentity || this.hasGap) return undefined
    const { batches } = this
    for (let index = 0; index < batches.length; index++) {
      const batch = batches[index]!
      if (batch.isInFlight) {
        if (this.numbering !== 'none' && !this.isConfirmed) return undefined
        continue
      }
      return batch.attempts > 0 && index > 0 ? undefined : batch
    }
    return undefined
  }

  /** May `batch`, the candidate, go out over `carrier`? */
  maySendOver(carrier: unknown): boolean {
    return this.inFlight === 0 || this.carrier === carrier
  }

  /** `batch`, the candidate, goes out over `carrier` now, with the stamp that this sets. */
  sending(batch: B, carrier: unknown): void {
    batch.isOpen = false
    batch.isInFlight = true
    batch.attempts++
    batch.stamp =
      this.identity === null ? null : { ...this.identity, baseSequence: this.sequenceAt(this.batches.indexOf(batch)) }
    this.carrier = carrier
    this.inFlight++
  }

  private sequenceAt(index: number): number {
    let sequence = this.firstSequence
    for (let before = 0; before < index; before++) sequence += this.batches[before]!.recordCount
    return sequence % SEQUENCES
  }

  /** The log has it. False if it was given up meanwhile. */
  acknowledged(batch: B): boolean {
    const index = this.landed(batch)
    if (index < 0) return false
    this.batches.splice(index, 1)
    if (!this.isCurrent(batch)) return true
    if (index === 0) {
      this.advance(batch)
      this.isConfirmed = true
    } else {
      // The broker had lost its memory of this producer and took it out of turn. The sequences cannot be mended.
      this.startOver()
    }
    return true
  }

  /** The attempt failed, or nobody knows; try again not before `retryAtMs`. False if it was given up meanwhile. */
  retry(batch: B, retryAtMs: number): boolean {
    if (this.landed(batch) < 0) return false
    batch.retryAtMs = retryAtMs
    return true
  }

  /**
   * The broker misses sequences in front of this batch. For a batch behind others that is a matter of course when those
   * failed; for the oldest it proves a gap, and the partition starts over. False if it was given up meanwhile.
   */
  outOfOrder(batch: B, retryAtMs: number): boolean {
    const index = this.landed(batch)
    if (index < 0) return false
    batch.retryAtMs = retryAtMs
    // One that has moved up since it was sent gets another sequence anyway.
    const wasNext = batch.stamp?.baseSequence === this.firstSequence
    if (index === 0 && wasNext && this.isCurrent(batch)) this.startOver()
    return true
  }

  /** The broker refused it for good: it is not in the log. False if it was given up meanwhile. */
  refused(batch: B): boolean {
    const index = this.landed(batch)
    if (index < 0) return false
    this.batches.splice(index, 1)
    return true
  }

  /** As {@link refused}, and `parts` with the same records take its place. */
  replaced(batch: B, parts: readonly B[]): boolean {
    const index = this.landed(batch)
    if (index < 0) return false
    this.batches.splice(index, 1, ...parts)
    return true
  }

  /** Gives up the oldest batch if it is older than `deadlineMs` (its creation time). */
  expire(deadlineMs: number): B | undefined {
    const oldest = this.batches[0]
    if (oldest === undefined || oldest.createdMs > deadlineMs) return undefined
    this.batches.shift()
    if (oldest.isInFlight) {
      oldest.isInFlight = false
      this.inFlight--
    }
    if (oldest.attempts > 0 && this.isCurrent(oldest)) {
      this.advance(oldest)
      this.isConfirmed = false
    }
    return oldest
  }

  /** Gives up what is not in flight, of that only what was never sent unless the partition is broken. */
  drop(): B[] {
    const stays = (batch: B) => batch.isInFlight || (batch.attempts > 0 && !this.hasGap)
    const dropped = this.batches.filter(batch => !stays(batch))
    this.batches.splice(0, this.batches.length, ...this.batches.filter(stays))
    return dropped
  }

  /** Gives up everything, oldest first. */
  abandon(): B[] {
    this.inFlight = 0
    return this.batches.splice(0)
  }

  /** Place of a batch that is no longer in flight; −1 if it was given up while it was. */
  private landed(batch: B): number {
    const index = this.batches.indexOf(batch)
    if (index >= 0 && batch.isInFlight) {
      batch.isInFlight = false
      this.inFlight--
    }
    return index
  }

  private isWrittenBy({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return this.identity?.producerId === producerId && this.identity.producerEpoch === producerEpoch
  }
  private isCurrent(batch: B): boolean {
    return batch.stamp !== null && this.isWrittenBy(batch.stamp)
  }

  private advance(batch: B): void {
    this.firstSequence = (this.firstSequence + batch.recordCount) % SEQUENCES
  }

  private startOver(): void {
    const { identity } = this
    if (identity === null) return
    if (this.numbering === 'perTransaction') {
      this.hasGap = true
      return
    }
    this.firstSequence = 0
    this.isConfirmed = false
    const { producerId, producerEpoch } = identity
    if (producerEpoch < LAST_PRODUCER_EPOCH) {
      this.identity = { producerId, producerEpoch: producerEpoch + 1 }
    } else {
      this.identity = null
      this.spentProducerId = producerId
    }
  }
}
