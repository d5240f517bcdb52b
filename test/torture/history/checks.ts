/**
 * What must never be found in a history. The list is that of Jepsen's workload for Kafka (`jepsen.tests.kafka`), written
 * anew from its descriptions, without what Kafka does not promise: transactions of different producers may interleave in
 * the order of their writes (G0).
 */
import type { History, LoggedPartition, LoggedRecord, Poll, Transaction, Write } from './history.ts'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly detail: string
}

type Check = (history: IndexedHistory) => Iterable<string>

/** A history with what several checks look up. */
interface IndexedHistory extends History {
  /** Of each record name the places where the log has it. */
  readonly places: ReadonlyMap<string, readonly Place[]>
}

interface Place {
  readonly partition: string
  readonly record: LoggedRecord
}

/** Every kind of anomaly with what finds it. */
const CHECKS = {
  /** An acknowledged write, not of an aborted transaction, that is not in the log. */
  'lost write': function* ({ writes, transactions, places }) {
    for (const write of writes.values()) {
      if (write.outcome !== 'acknowledged' || outcomeOf(write, transactions) === 'aborted') continue
      if (!places.has(write.name)) yield `${write.name}, acknowledged at ${write.partition}/${write.offset}`
    }
  },

  /** A write that a producer was told had failed for good, and that counts all the same. */
  'failed write': function* ({ writes, places }) {
    for (const write of writes.values())
      if (write.outcome === 'failed' && places.get(write.name)?.some(isVisible)) yield write.name
  },

  /** One record at two offsets. */
  duplicate: function* ({ places }) {
    for (const [name, found] of places)
      if (found.length > 1)
        yield `${name} at ${found.map(({ partition, record }) => `${partition}/${record.offset}`).join(', ')}`
  },

  /** Records of one producer in one partition out of the order in which they were sent. */
  reordering: function* ({ log, writes }) {
    for (const { partition, records } of log) {
      const latest = new Map<string, Write>()
      for (const { name, offset } of records) {
        const write = writes.get(name)
        if (write === undefined) continue
        const before = latest.get(write.producer)
        if (before !== undefined && before.sequence > write.sequence)
          yield `${name} at ${partition}/${offset} behind ${before.name}`
        latest.set(write.producer, write)
      }
    }
  },

  /** A record that nobody wrote, or not there. */
  phantom: function* ({ log, polls, writes }) {
    const isPhantom = (name: string, partition: string) => writes.get(name)?.partition !== partition
    for (const { partition, records } of log)
      for (const { name, offset } of records) if (isPhantom(name, partition)) yield `${name} at ${partition}/${offset}`
    for (const { reader, partition, records } of polls)
      for (const { name, offset } of records)
        if (isPhantom(name, partition)) yield `${name} at ${partition}/${offset}, seen by ${reader}`
  },

  /** One offset with two records, as the producer, a reader and the log have it. */
  'inconsistent offsets': function* ({ log, polls, writes }) {
    const seen = new Map<string, string>()
    const differs = (place: string, name: string): string | undefined => {
      const before = seen.get(place)
      if (before === undefined) seen.set(place, name)
      return before === undefined || before === name ? undefined : `${before} and ${name} at ${place}`
    }
    for (const { partition, records } of log)
      for (const { offset, name } of records) yield* found(differs(`${partition}/${offset}`, name))
    for (const { partition, records } of polls)
      for (const { offset, name } of records) yield* found(differs(`${partition}/${offset}`, name))
    for (const { name, partition, offset, outcome } of writes.values())
      if (outcome === 'acknowledged' && offset >= 0) yield* found(differs(`${partition}/${offset}`, name))
  },

  /** An offset that is neither a record nor a transaction's marker. */
  gap: function* ({ log }) {
    for (const partition of log) {
      const count = partition.records.length + partition.markerOffsets.length
      const expected = partition.endOffset - partition.startOffset
      if (count !== expected)
        yield `${count} of ${expected} offsets of ${partition.partition}, first ${firstGap(partition)}`
    }
  },

  /** G1a: a committed read of what was aborted, as its producer or the log's marker says. */
  'aborted read': function* ({ polls, writes, transactions, places }) {
    for (const { reader, partition, record } of committedReads(polls)) {
      const write = writes.get(record.name)
      const isAborted = write !== undefined && outcomeOf(write, transactions) === 'aborted'
      const isMarked = places.get(record.name)?.some(place => place.record.verdict === 'aborted') === true
      if (isAborted || isMarked) yield `${record.name} at ${partition}/${record.offset}, seen by ${reader}`
    }
  },

  /** A committed read of a transaction that its producer had not asked to commit yet. */
  'precommitted read': function* ({ polls, writes, transactions }) {
    for (const { reader, partition, record, tick } of committedReads(polls)) {
      const { transaction: name = null } = writes.get(record.name) ?? {}
      const transaction = name === null ? undefined : transactions.get(name)
      if (transaction !== undefined && transaction.endTick > tick)
        yield `${record.name} at ${partition}/${record.offset}, seen by ${reader} before its commit`
    }
  },

  /** A transaction of which a part counts and a part does not, or whose producer was told something else. */
  'torn transaction': function* ({ writes, transactions, places }) {
    const parts = new Map<string, { visible: string[]; missing: string[] }>()
    for (const write of writes.values()) {
      if (write.transaction === null || write.outcome === 'failed') continue
      const isCounted = places.get(write.name)?.some(isVisible) === true
      // What was never acknowledged may have been refused while the rest was taken, unless the commit took it for written.
      const isCommitted = outcomeOf(write, transactions) === 'committed'
      if (!isCounted && write.outcome === 'unknown' && !isCommitted) continue
      let part = parts.get(write.transaction)
      if (part === undefined) parts.set(write.transaction, (part = { visible: [], missing: [] }))
      part[isCounted ? 'visible' : 'missing'].push(write.name)
    }
    for (const [name, { visible, missing }] of parts) {
      const outcome = transactions.get(name)?.outcome
      if (visible.length > 0 && missing.length > 0) yield `${name}: ${visible[0]} counts, ${missing[0]} does not`
      else if (outcome === 'committed' && missing.length > 0) yield `${name} is committed, ${missing[0]} does not count`
      else if (outcome === 'aborted' && visible.length > 0) yield `${name} is aborted, ${visible[0]} counts`
    }
  },

  /** G1c: transactions that were made from each other's records, or from those of a later one of their own producer. */
  'circular information flow': function* ({ transactions, writes }) {
    yield* cyclesAmong(transactions, writes)
  },

  /** One call gave a reader records out of order. */
  'internal non-monotonic poll': function* ({ polls }) {
    for (const { reader, partition, records } of polls)
      for (let index = 1; index < records.length; index++)
        if (records[index]!.offset <= records[index - 1]!.offset)
          yield `${reader} was given ${records[index]!.offset} behind ${records[index - 1]!.offset} of ${partition} at once`
  },

  /** A later call went back, though nobody had moved the reader. */
  'external non-monotonic poll': function* ({ polls }) {
    for (const [before, poll] of successivePolls(polls)) {
      const last = before.records.at(-1)!.offset
      if (poll.records[0]!.offset <= last)
        yield `${poll.reader} was given ${poll.records[0]!.offset} of ${poll.partition} after ${last}`
    }
  },

  /** A reader was led past records that it should have seen. */
  'poll skip': function* ({ polls, log }) {
    const visible = new Map(log.map(partition => [partition.partition, visibleOffsets(partition)]))
    const skipped = (poll: Poll, from: number, to: number) => {
      const offset = firstBetween(visible.get(poll.partition) ?? [], from, to)
      return offset === undefined ? undefined : `${poll.reader} was not given ${poll.partition}/${offset} before ${to}`
    }
    for (const [before, poll] of successivePolls(polls))
      yield* found(skipped(poll, before.records.at(-1)!.offset, poll.records[0]!.offset))
    for (const poll of polls)
      for (let index = 1; index < poll.records.length; index++)
        yield* found(skipped(poll, poll.records[index - 1]!.offset, poll.records[index]!.offset))
  },

  /** A record that counts and that a reader who had to see all was never given. */
  unseen: function* ({ completeReaders, polls, places }) {
    for (const reader of completeReaders) {
      const seen = new Set<string>()
      for (const poll of polls) if (poll.reader === reader) for (const { name } of poll.records) seen.add(name)
      for (const [name, found] of places) if (found.some(isVisible) && !seen.has(name)) yield `${name} by ${reader}`
    }
  },

  /** A transaction that is still open when all is over: readers wait behind it. */
  'open transaction': function* ({ log }) {
    for (const { partition, records } of log) {
      const open = records.find(({ verdict }) => verdict === 'open')
      if (open !== undefined) yield `${open.name} at ${partition}/${open.offset}`
    }
  },
} as const satisfies Record<string, Check>

export type AnomalyKind = keyof typeof CHECKS
export const ANOMALY_KINDS = Object.keys(CHECKS) as readonly AnomalyKind[]

/** Everything that is wrong with a history; nothing if all is well. */
export function anomaliesIn(history: History): Anomaly[] {
  const places = new Map<string, Place[]>()
  for (const { partition, records } of history.log)
    for (const record of records) {
      const known = places.get(record.name)
      if (known === undefined) places.set(record.name, [{ partition, record }])
      else known.push({ partition, record })
    }
  const { writes, transactions, polls, log, completeReaders } = history
  const indexed: IndexedHistory = { writes, transactions, polls, log, completeReaders, places }
  return ANOMALY_KINDS.flatMap(kind => Array.from(CHECKS[kind](indexed), detail => ({ kind, detail })))
}

function outcomeOf(write: Write, transactions: History['transactions']) {
  return write.transaction === null ? undefined : transactions.get(write.transaction)?.outcome
}

function isVisible({ record: { verdict } }: Place): boolean {
  return verdict === 'plain' || verdict === 'committed'
}

function* found(detail: string | undefined): Iterable<string> {
  if (detail !== undefined) yield detail
}

function* committedReads(polls: readonly Poll[]) {
  for (const { reader, partition, isolation, tick, records } of polls)
    if (isolation === 'read_committed') for (const record of records) yield { reader, partition, tick, record }
}

/** Each poll with the one before it in the same session. */
function* successivePolls(polls: readonly Poll[]): Iterable<[before: Poll, poll: Poll]> {
  const latest = new Map<string, Poll>()
  for (const poll of polls) {
    if (poll.records.length === 0) continue
    const session = `${poll.reader} ${poll.partition} ${poll.session}`
    const before = latest.get(session)
    if (before !== undefined) yield [before, poll]
    latest.set(session, poll)
  }
}

function visibleOffsets({ records }: LoggedPartition): number[] {
  return records.flatMap(({ offset, verdict }) => (verdict === 'plain' || verdict === 'committed' ? [offset] : []))
}

/** The first of the ascending `offsets` inside (from, to). */
function firstBetween(offsets: readonly number[], from: number, to: number): number | undefined {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (offsets[middle]! <= from) low = middle + 1
    else high = middle
  }
  const offset = offsets[low]
  return offset !== undefined && offset < to ? offset : undefined
}

function firstGap({ records, markerOffsets, startOffset }: LoggedPartition): number {
  const present = new Set([...markerOffsets, ...records.map(({ offset }) => offset)])
  let offset = startOffset
  while (present.has(offset)) offset++
  return offset
}

/**
 * Edges: from the writer of a record to the transaction made from it, and from each transaction of a producer to its next.
 * Depth first; what is still on the path when it is met again closes a cycle.
 */
function* cyclesAmong(transactions: History['transactions'], writes: History['writes']): Iterable<string> {
  const next = new Map<string, string[]>()
  const edge = (from: string, to: string) => {
    const known = next.get(from)
    if (known === undefined) next.set(from, [to])
    else known.push(to)
  }
  const latest = new Map<string, Transaction>()
  for (const transaction of transactions.values()) {
    const before = latest.get(transaction.producer)
    if (before !== undefined) edge(before.name, transaction.name)
    latest.set(transaction.producer, transaction)
    for (const read of transaction.reads) {
      const writer = writes.get(read)?.transaction ?? null
      if (writer !== null) edge(writer, transaction.name)
    }
  }
  const finished = new Set<string>()
  for (const start of transactions.keys()) {
    if (finished.has(start)) continue
    const path: { readonly name: string; followed: number }[] = [{ name: start, followed: 0 }]
    const onPath = new Set([start])
    while (path.length > 0) {
      const at = path.at(-1)!
      const to = next.get(at.name)?.[at.followed++]
      if (to === undefined) {
        path.pop()
        onPath.delete(at.name)
        finished.add(at.name)
      } else if (onPath.has(to)) {
        const names = path.map(({ name }) => name)
        yield [...names.slice(names.indexOf(to)), to].join(' → ')
      } else if (!finished.has(to)) {
        path.push({ name: to, followed: 0 })
        onPath.add(to)
      }
    }
  }
}
