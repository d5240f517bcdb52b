/**
 * What the clients of a cluster did and were told, as plain data, for the checks of `checks.ts`. Ticks count the events of
 * the whole history: of two events the one with the smaller tick came first, as one process saw them.
 */

/** `failed`: it certainly did not happen. `unknown`: the answer is missing, so it may have. */
export type WriteOutcome = 'acknowledged' | 'failed' | 'unknown'
export type TransactionOutcome = 'committed' | 'aborted' | 'unknown'

/** One record that a producer was given. */
export interface Write {
  /** Names the record for ever. */
  readonly name: string
  readonly partition: string
  /** One per life of a producer: with a new one its order begins anew. */
  readonly producer: string
  /** How manieth of this producer in this partition. */
  readonly sequence: number
  /** Name of the transaction that it is part of; null outside of any. */
  readonly transaction: string | null
  outcome: WriteOutcome
  /** What the producer was told; −1 if nothing. */
  offset: number
}

export interface Transaction {
  readonly name: string
  readonly producer: string
  /** How manieth of this producer. */
  readonly sequence: number
  outcome: TransactionOutcome
  /** When the producer asked for the commit or the abort; Infinity if it never did. */
  endTick: number
  /** Names of the records that it was made from. */
  readonly reads: string[]
}

export interface ReadRecord {
  readonly offset: number
  readonly name: string
}

/** Records of one partition that a consumer was given by one call. */
export interface Poll {
  readonly reader: string
  readonly partition: string
  /** Another one whenever the reader's position was set in another way than by reading on: a seek, a rebalance. */
  readonly session: number
  readonly isolation: 'read_uncommitted' | 'read_committed'
  /** Of the answer. */
  readonly tick: number
  readonly records: readonly ReadRecord[]
}

export type Verdict = 'plain' | 'committed' | 'aborted' | 'open'

export interface LoggedRecord extends ReadRecord {
  readonly verdict: Verdict
}

/** A whole partition as it is when all is over, read without isolation and judged by its own markers. */
export interface LoggedPartition {
  readonly partition: string
  readonly startOffset: number
  readonly endOffset: number
  /** In order. */
  readonly records: readonly LoggedRecord[]
  readonly markerOffsets: readonly number[]
}

export interface History {
  readonly writes: ReadonlyMap<string, Write>
  readonly transactions: ReadonlyMap<string, Transaction>
  readonly polls: readonly Poll[]
  readonly log: readonly LoggedPartition[]
  /** Readers that had to be given everything: each record that is visible in the log, from the first poll on. */
  readonly completeReaders: readonly string[]
}

type NewWrite = Pick<Write, 'name' | 'partition' | 'producer' | 'transaction'>

/** Keeps the history while it happens. */
export class HistoryRecorder implements History {
  readonly writes = new Map<string, Write>()
  readonly transactions = new Map<string, Transaction>()
  readonly polls: Poll[] = []
  readonly completeReaders: string[] = []
  log: readonly LoggedPartition[] = []
  private ticks = 0
  private readonly sequences = new Map<string, number>()

  write(write: NewWrite): Write {
    const sequence = this.next(`${write.producer} ${write.partition}`)
    const recorded: Write = { ...write, sequence, outcome: 'unknown', offset: -1 }
    this.writes.set(write.name, recorded)
    return recorded
  }

  acknowledged(write: Write, offset: number): void {
    write.outcome = 'acknowledged'
    write.offset = offset
  }

  begin(name: string, producer: string): Transaction {
    const sequence = this.next(producer)
    const transaction: Transaction = { name, producer, sequence, outcome: 'unknown', endTick: Infinity, reads: [] }
    this.transactions.set(name, transaction)
    return transaction
  }

  /** To be called before the request leaves. */
  ending(transaction: Transaction): void {
    transaction.endTick = ++this.ticks
  }

  poll(poll: Omit<Poll, 'tick'>): void {
    this.polls.push({ ...poll, tick: ++this.ticks })
  }

  private next(counter: string): number {
    const next = this.sequences.get(counter) ?? 0
    this.sequences.set(counter, next + 1)
    return next
  }
}
