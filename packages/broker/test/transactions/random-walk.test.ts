import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addPartitions, verifyPartitions } from '../../src/transactions/add-partitions.ts'
import type { ProducerAnswer, TransactionDecision } from '../../src/transactions/decision.ts'
import { complete, endTransaction, fence, verdictOf } from '../../src/transactions/end-transaction.ts'
import { initProducerId } from '../../src/transactions/init-producer-id.ts'
import { onePartition } from '../../src/transactions/topic-partitions.ts'
import { isPrepared, type Transaction } from '../../src/transactions/transaction.ts'

interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What a client may ask, as one of the identities that the coordinator has given out so far. */
type Request =
  | { readonly kind: 'init'; readonly who: number; readonly expects: boolean }
  | { readonly kind: 'add' | 'verify'; readonly who: number; readonly version: 0 | 2 }
  | { readonly kind: 'commit' | 'abort'; readonly who: number; readonly version: 0 | 2 }
/** Or what time brings. */
type Step = Request | { readonly kind: 'complete' } | { readonly kind: 'time out' }

const who = fc.nat({ max: 5 })
const version = fc.constantFrom(0 as const, 2 as const)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('init' as const), who, expects: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('add' as const, 'verify' as const), who, version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), who, version }) },
  fc.record({ kind: fc.constant('complete' as const) }),
  fc.record({ kind: fc.constant('time out' as const) }),
)

const PARTITION = onePartition('t', 0)

/** The coordinator's part of a walk, and what must hold after each step. */
class Walk {
  transaction: Transaction | undefined
  /** Latest first. */
  readonly identities: Identity[] = []
  private nextProducerId = 0
  private nowMs = 0

  take(taken: Step): void {
    this.nowMs++
    if (taken.kind === 'complete') {
      if (this.transaction !== undefined && isPrepared(this.transaction))
        this.become(complete(this.transaction, this.nowMs))
    } else if (taken.kind === 'time out') {
      if (this.transaction?.state === 'Ongoing') this.become(fence(this.transaction, this.nowMs))
    } else this.ask(taken)
  }

  private ask(asked: Request): void {
    const asking = this.identities[asked.who % Math.max(this.identities.length, 1)] ?? {
      producerId: 99,
      producerEpoch: 0,
    }
    const { transaction, nowMs } = this
    if (asked.kind === 'init') {
      const expected = asked.expects ? asking : undefined
      const init = (freshProducerId?: number) =>
        initProducerId(transaction, { transactionalId: 'x', timeoutMs: 1, expected, freshProducerId }, nowMs)
      this.carryOut(init)
    } else if (asked.kind === 'verify') {
      const isOpen = transaction?.state === 'Ongoing' && sameAs(transaction, asking)
      expect(verifyPartitions(transaction, asking, PARTITION) === 0).toBe(isOpen)
    } else if (asked.kind === 'add') {
      this.carryOut(() => addPartitions(transaction, asking, PARTITION, asked.version, nowMs))
    } else {
      const request = { ...asking, verdict: asked.kind, clientTransactionVersion: asked.version }
      this.carryOut(freshProducerId => endTransaction(transaction, { ...request, freshProducerId }, nowMs))
      const after = this.transaction
      if (after !== transaction) expect(verdictOf(after!)).toBe(asked.kind)
      if (after !== transaction) expect(sameAs(transaction!, asking)).toBe(true)
    }
  }

  private carryOut(decide: (freshProducerId?: number) => TransactionDecision<ProducerAnswer>): void {
    const first = decide()
    const decision = first.kind === 'producerIdNeeded' ? decide(this.nextProducerId++) : first
    if (decision.kind === 'producerIdNeeded') throw new Error('it has one')
    if (decision.kind === 'change') this.become(decision.next)
    if (typeof decision.answer !== 'number') this.identities.unshift(decision.answer)
  }

  private become(next: Transaction): void {
    const before = this.transaction
    this.transaction = next
    if (before === undefined) return
    // Decided is decided: only its completion comes next.
    if (isPrepared(before)) expect(next.state).toBe(before.state.replace('Prepare', 'Complete'))
    // Identities are never given out twice: under one producer id epochs only grow.
    if (next.producerId === before.producerId) expect(next.producerEpoch).toBeGreaterThanOrEqual(before.producerEpoch)
    else expect([next.producerEpoch, next.previousProducerId]).toEqual([0, before.producerId])
    // Markers reach every place that was written to, and only those.
    const isOpen = next.state === 'Ongoing' || isPrepared(next)
    if (!isOpen || before.state !== 'Ongoing') return
    expect(next.partitions).toEqual(PARTITION)
  }
}

function sameAs({ producerId, producerEpoch }: Identity, other: Identity): boolean {
  return producerId === other.producerId && producerEpoch === other.producerEpoch
}

test('whatever is asked in whatever order, epochs grow, verdicts stand, and strangers change nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isNearTheEnd) => {
      const walk = new Walk()
      walk.take({ kind: 'init', who: 0, expects: false })
      // Close to where the epochs are used up.
      if (isNearTheEnd) {
        walk.transaction = { ...walk.transaction!, producerEpoch: 32_760 }
        walk.identities[0] = { ...walk.identities[0]!, producerEpoch: 32_760 }
      }
      for (const taken of steps) walk.take(taken)
    }),
    { numRuns: 1_000 },
  )
})
