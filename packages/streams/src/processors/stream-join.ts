import type { ProcessorContext } from '../processor/context.ts'
import type { ProcessorSupplier } from '../processor/processor.ts'
import { type Record, storeKey } from '../processor/record.ts'
import type { JoinStore } from '../state/stores/join-store.ts'
import type { JoinSideName, UnmatchedStore } from '../state/stores/unmatched-store.ts'
import type { JoinWindows } from '../windows/join-windows.ts'
import type { ValueJoiner } from './value-joiner.ts'

/** One of two joined streams as the operator sees it that is given its records. */
export interface StreamJoinSide<K, V, VO, VR> {
  readonly side: JoinSideName
  readonly windows: JoinWindows
  readonly joiner: ValueJoiner<K, V, VO, VR>
  /** Records of the other stream. */
  readonly otherStoreName: string
}

/**
 * Joins each record of one stream with those of the other whose timestamps fit.
 * State: none of its own; reads the other side's records, which expire by their store's clock. There is no other check of
 * lateness. Results come oldest partner first; each has the greater timestamp of the two and the headers of the record in
 * hand.
 * A record with a null key or value is dropped and counted in `dropped-records`.
 */
export function streamJoin<K, V, VO, VR>(
  joinSide: StreamJoinSide<K, V, VO, VR>,
): ProcessorSupplier<K, V, K, VR | null> {
  return context => {
    const join = matching(joinSide, context)
    return {
      process(record) {
        if (record.key === null || record.value === null) return context.drop('null key or value')
        join(record, () => {})
      },
    }
  }
}

/**
 * As {@link streamJoin}, for a preserved side whose records do not wait for a partner: joined with null at once where
 * there is none, or no key.
 */
export function streamJoinUnmatchedAtOnce<K, V, VO, VR>(
  joinSide: StreamJoinSide<K, V, VO | null, VR>,
): ProcessorSupplier<K, V, K, VR | null> {
  return context => {
    const join = matching(joinSide, context)
    return {
      process(record) {
        const { key, value } = record
        if (value === null) return context.drop('null key or value')
        if (key !== null && join(record, () => {})) return
        context.forward(record.withValue(joinSide.joiner(value, null, key) ?? null))
      },
    }
  }
}

export interface OuterStreamJoin<K, VL, VR, R> {
  /** Records of both sides that have found no partner. */
  readonly unmatchedStoreName: string
  /** True when this side's records have results without a partner too. */
  readonly isPreserved: boolean
  /** Wall-clock time between two looks for records whose window has closed. */
  readonly emitIntervalMs: number
  readonly unmatchedJoiner: ValueJoiner<K, VL | null, VR | null, R>
}

/**
 * As {@link streamJoin}, for both sides of a left or outer join: a record of a preserved side that has found no partner
 * by the time its window and grace have closed is joined with null.
 * State: such records, by timestamp, in a store that both sides share. They are looked for when a record advances stream
 * time (of both sides, in memory), at most once in `emitIntervalMs`; the result has the record's own timestamp and the
 * headers of the record that advanced the time.
 * Late: a record whose window is over before stream time has its result at once, whatever the grace, as in Kafka Streams.
 * A record of a preserved side without a key is joined with null at once (KIP-962).
 */
export function outerStreamJoin<K, V, VO, VL, VR, R>(
  joinSide: StreamJoinSide<K, V, VO | null, R>,
  outer: OuterStreamJoin<K, VL, VR, R>,
): ProcessorSupplier<K, V, K, R | null> {
  const { side, windows, joiner } = joinSide
  const { unmatchedStoreName, isPreserved } = outer
  const otherSide: JoinSideName = side === 'left' ? 'right' : 'left'
  const lookAheadMs = side === 'left' ? windows.afterMs : windows.beforeMs
  return context => {
    const unmatched = context.getStateStore<UnmatchedStore<K, VL, VR>>(unmatchedStoreName)
    const { progress } = unmatched
    const join = matching(joinSide, context)
    const emitClosed = closing(windows, lookAheadMs, outer, unmatched, context)
    return {
      process(record) {
        const { key, value, timestampMs } = record
        progress.streamTimeMs = Math.max(progress.streamTimeMs, timestampMs)
        if (isPreserved && key === null && value !== null) {
          return context.forward(record.withValue(joiner(value, null, key) ?? null))
        }
        if (key === null || value === null) return context.drop('null key or value')
        if (timestampMs === progress.streamTimeMs) emitClosed(record)
        const hasPartner = join(record, otherMs => unmatched.remove(otherSide, key, otherMs))
        if (hasPartner || !isPreserved) return
        if (timestampMs + lookAheadMs < progress.streamTimeMs) {
          context.forward(record.withValue(joiner(value, null, key) ?? null))
          return
        }
        progress.oldestMs = Math.min(progress.oldestMs ?? timestampMs, timestampMs)
        unmatched.add(side, key, timestampMs, value as unknown as VL | VR)
      },
    }
  }
}

/** Forwards the results of one record and its partners; gives false when there is none. */
function matching<K, V, VO, VR>(
  { side, windows, joiner, otherStoreName }: StreamJoinSide<K, V, VO, VR>,
  context: ProcessorContext<K, VR | null>,
): (record: Record<K, V>, onPartner: (timestampMs: number) => void) => boolean {
  const others = context.getStateStore<JoinStore<K, VO>>(otherStoreName)
  const [beforeMs, afterMs] =
    side === 'left' ? [windows.beforeMs, windows.afterMs] : [windows.afterMs, windows.beforeMs]
  return (record, onPartner) => {
    const { key, value, timestampMs } = record
    const partners = others.fetchEncoded(storeKey(record, others), timestampMs - beforeMs, timestampMs + afterMs)
    for (const partner of partners) {
      onPartner(partner.timestampMs)
      const result = joiner(value, partner.value, key) ?? null
      context.forward(record.withValueAndTimestamp(result, Math.max(timestampMs, partner.timestampMs)))
    }
    return partners.length > 0
  }
}

/**
 * Forwards what has waited until its window closed. A side's records are in the order of time, so the first that is still
 * open ends the look at its side.
 */
function closing<K, VL, VR, R>(
  { beforeMs, afterMs, graceMs }: JoinWindows,
  lookAheadMs: number,
  { emitIntervalMs, unmatchedJoiner }: OuterStreamJoin<K, VL, VR, R>,
  unmatched: UnmatchedStore<K, VL, VR>,
  context: ProcessorContext<K, R | null>,
): (record: Record<K, unknown>) => void {
  const { progress } = unmatched
  return record => {
    const { oldestMs, streamTimeMs } = progress
    if (oldestMs !== undefined && oldestMs + lookAheadMs + graceMs >= streamTimeMs) return
    const nowMs = context.currentSystemTimeMs()
    if (nowMs < progress.nextEmitMs) return
    progress.nextEmitMs = nowMs + emitIntervalMs
    progress.oldestMs = undefined
    const open = new Set<JoinSideName>()
    for (const { key, timestampMs, side, values } of unmatched.all()) {
      // That of the last one looked at, as in Kafka Streams: an older one of the other side may have to wait for it.
      progress.oldestMs = timestampMs
      if (open.size === 2) return
      if (timestampMs + (side === 'left' ? afterMs : beforeMs) + graceMs >= streamTimeMs) {
        open.add(side)
        continue
      }
      for (const value of values) {
        const result =
          side === 'left' ? unmatchedJoiner(value as VL, null, key) : unmatchedJoiner(null, value as VR, key)
        context.forward(record.withKeyAndValue(key, result ?? null).withTimestamp(timestampMs))
      }
      unmatched.remove(side, key, timestampMs)
    }
  }
}
