import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Producer } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { eventually } from '../cluster/eventually.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import {
  ACCOUNTS_PER_BANK,
  type Entry,
  LEDGER,
  OPENING_BALANCE,
  ORDERS,
  type Order,
  readLedger,
  Teller,
} from '../workload/bank.ts'

const BANKS = 8
const LARGEST_AMOUNT = 200
const TRANSFERS_PER_KILL = 4_000
const MEAN_LIFE_MS = 850
const ORDERS_PER_SEND = 500
const SNAPSHOT_PAUSE_MS = 300
const FINISH_LIMIT_MS = 120_000

export const bankTransfers: Trial = {
  name: 'bank-transfers',
  promise:
    'Transfers between 1,000 accounts in transactions, while the broker is killed: in every snapshot the sum is what it was and no balance negative, and each transfer is done once',
  unit: 'transfers',
  ciCount: 20_000,
  goalCount: 200_000,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  await using broker = await BrokerProcess.start()
  const { bootstrapServers } = broker
  await using admin = new Admin({ bootstrapServers, requestTimeoutMs: 5_000 })
  await admin.createTopics([ORDERS, LEDGER].map(name => ({ name, partitions: BANKS })))
  const problems: string[] = []
  const inspector = new Inspector(bootstrapServers, problems)
  const tellers = Array.from({ length: BANKS }, (_, bank) => new Teller({ bootstrapServers, bank }))
  const placed = new OrderDesk(bootstrapServers, random.split('orders'), count)
  const kills = Math.max(1, Math.round(count / TRANSFERS_PER_KILL))
  const ordering = placed.placeAll()
  for (let kill = 0; kill < kills; kill++) {
    await sleep(random.between(200, 1_500))
    await broker.kill()
    await broker.restart()
    progress(`${kill + 1} of ${kills} kills, ${placed.placed} orders, ${inspector.snapshots} snapshots`)
  }
  await ordering
  await eventually(FINISH_LIMIT_MS, async () => {
    const offsets = await Promise.all(tellers.map((_, bank) => admin.listConsumerGroupOffsets(`teller-${bank}`)))
    return offsets.every((committed, bank) => (committed.get(ORDERS, bank)?.offset ?? 0) === placed.ordersOf(bank))
  })
  await Promise.all(tellers.map(teller => teller.stop()))
  await inspector.stop()
  let refused = 0
  const receipts = new Set<number>()
  for (let bank = 0; bank < BANKS; bank++)
    for (const entry of await inspector.inspect(bank))
      if (entry.kind === 'receipt') {
        if (receipts.has(entry.order)) problems.push(`order ${entry.order} was done twice`)
        receipts.add(entry.order)
        if (entry.isRefused) refused++
      }
  if (receipts.size !== count) problems.push(`${receipts.size} of ${count} orders have a receipt`)
  return { problems, figures: { kills, snapshots: inspector.snapshots, 'refused for lack of money': refused } }
}

class OrderDesk {
  placed = 0
  private readonly perBank = new Array<number>(BANKS).fill(0)

  constructor(
    private readonly bootstrapServers: string,
    private readonly random: SeededRandom,
    private readonly count: number,
  ) {}

  ordersOf(bank: number): number {
    return this.perBank[bank]!
  }

  async placeAll(): Promise<void> {
    await using producer = new Producer({
      bootstrapServers: this.bootstrapServers,
      requestTimeoutMs: 5_000,
      retryBackoffMaxMs: 200,
    })
    while (this.placed < this.count) {
      const records = Array.from({ length: Math.min(ORDERS_PER_SEND, this.count - this.placed) }, () => this.next())
      await producer.sendBatch(ORDERS, records)
      // As many orders between two kills as there are kills for.
      await sleep((records.length / TRANSFERS_PER_KILL) * MEAN_LIFE_MS)
    }
  }

  private next(): { readonly partition: number; readonly value: string } {
    const { random } = this
    const partition = random.integer(BANKS)
    this.perBank[partition]!++
    const order: Order = {
      id: this.placed++,
      from: random.integer(ACCOUNTS_PER_BANK),
      to: random.integer(ACCOUNTS_PER_BANK),
      amount: 1 + random.integer(LARGEST_AMOUNT),
    }
    return { partition, value: JSON.stringify(order) }
  }
}

/** Adds up the ledgers again and again. */
class Inspector {
  snapshots = 0
  private isStopping = false
  private readonly running: Promise<void>

  constructor(
    private readonly bootstrapServers: string,
    private readonly problems: string[],
  ) {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
  }

  async inspect(bank: number): Promise<readonly Entry[]> {
    const entries = await readLedger(this.bootstrapServers, bank)
    this.snapshots++
    const balances = new Map<number, number>()
    for (const entry of entries) if (entry.kind === 'balance') balances.set(entry.account, entry.balance)
    let sum = (ACCOUNTS_PER_BANK - balances.size) * OPENING_BALANCE
    for (const [account, balance] of balances) {
      if (balance < 0) this.problems.push(`account ${account} of bank ${bank} has ${balance}`)
      sum += balance
    }
    if (sum !== ACCOUNTS_PER_BANK * OPENING_BALANCE) this.problems.push(`bank ${bank} has ${sum} in all`)
    return entries
  }

  private async run(): Promise<void> {
    for (let bank = 0; !this.isStopping; bank = (bank + 1) % BANKS) {
      try {
        await this.inspect(bank)
      } catch (error) {
        this.problems.push(`a snapshot failed: ${error instanceof Error ? error.stack : error}`)
      }
      await sleep(SNAPSHOT_PAUSE_MS)
    }
  }
}
