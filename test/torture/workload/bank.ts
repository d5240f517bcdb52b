/**
 * Transfers between accounts, consumed, applied and produced in transactions. Each partition is a bank of its own with one
 * teller: it reads orders and writes both new balances and a receipt, all into its partition, together with its offset. A
 * reader that stops at the last stable offset sees whole transfers only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, Producer } from '@millrace/client'

export const ORDERS = 'orders'
export const LEDGER = 'ledger'
export const ACCOUNTS_PER_BANK = 125
export const OPENING_BALANCE = 1_000
const ORDERS_PER_TRANSACTION = 100
const POLL_MS = 200
const RETRY_MS = 50

/** Asks to move `amount`; refused if the account has less. */
export interface Order {
  readonly id: number
  readonly from: number
  readonly to: number
  readonly amount: number
}

/** A line of the ledger: the balance that an account has from here on, or what became of an order. */
export type Entry =
  | { readonly kind: 'balance'; readonly account: number; readonly balance: number }
  | { readonly kind: 'receipt'; readonly order: number; readonly isRefused: boolean }

export interface TellerOptions {
  readonly bootstrapServers: string
  readonly bank: number
}

/** Works until it is stopped; whatever fails, it begins anew from the ledger. */
export class Teller {
  incarnations = 0
  lastFailure: unknown
  private isStopping = false
  private readonly running: Promise<void>

  constructor(private readonly options: TellerOptions) {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.incarnations++
      try {
        await this.work()
      } catch (error) {
        this.lastFailure = error
        await sleep(RETRY_MS)
      }
    }
  }

  private async work(): Promise<void> {
    const { bootstrapServers, bank } = this.options
    const name = `teller-${bank}`
    const connection = { bootstrapServers, clientId: name, requestTimeoutMs: 5_000, retryBackoffMaxMs: 200 }
    await using producer = new Producer({ ...connection, transactionalId: name })
    await producer.initTransactions()
    const at = { topic: ORDERS, partition: bank }
    await using consumer = new Consumer({
      ...connection,
      groupId: name,
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      maxPollRecords: ORDERS_PER_TRANSACTION,
    })
    consumer.assign([at])
    const balances = await readBalances(bootstrapServers, bank)
    while (!this.isStopping) {
      const [batch] = await consumer.poll({ maxWaitMs: POLL_MS })
      if (batch === undefined) continue
      producer.beginTransaction()
      const sent = batch.records.flatMap(({ value }) => apply(JSON.parse(String(value)), balances))
      const written = sent.map(entry => producer.send({ topic: LEDGER, partition: bank, value: JSON.stringify(entry) }))
      const offsets = [{ ...at, offset: batch.nextOffset }]
      const [added] = await Promise.allSettled([
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata()),
        ...written,
      ])
      if (added.status === 'rejected') throw added.reason
      await producer.commitTransaction()
    }
  }
}

function apply(order: Order, balances: Map<number, number>): Entry[] {
  const { id, from, to, amount } = order
  const has = balances.get(from) ?? OPENING_BALANCE
  if (has < amount || from === to) return [{ kind: 'receipt', order: id, isRefused: true }]
  balances.set(from, has - amount)
  balances.set(to, (balances.get(to) ?? OPENING_BALANCE) + amount)
  return [
    { kind: 'balance', account: from, balance: balances.get(from)! },
    { kind: 'balance', account: to, balance: balances.get(to)! },
    { kind: 'receipt', order: id, isRefused: false },
  ]
}

/** Of the accounts whose balance has changed, up to the last stable offset. */
async function readBalances(bootstrapServers: string, bank: number): Promise<Map<number, number>> {
  const balances = new Map<number, number>()
  for (const entry of await readLedger(bootstrapServers, bank))
    if (entry.kind === 'balance') balances.set(entry.account, entry.balance)
  return balances
}

/** The ledger of one bank as a read_committed reader sees it now. */
export async function readLedger(bootstrapServers: string, bank: number): Promise<Entry[]> {
  const at = { topic: LEDGER, partition: bank }
  await using consumer = new Consumer({
    bootstrapServers,
    isolationLevel: 'read_committed',
    maxPollRecords: 10_000,
    requestTimeoutMs: 5_000,
    retryBackoffMaxMs: 200,
  })
  consumer.assign([at])
  consumer.seekToBeginning([at])
  const end = (await consumer.endOffsets([at])).get(LEDGER, bank)!
  const entries: Entry[] = []
  while ((await consumer.position(at)) < end)
    for (const { records } of await consumer.poll({ maxWaitMs: POLL_MS }))
      for (const { offset, value } of records) if (offset < end) entries.push(JSON.parse(String(value)))
  return entries
}
