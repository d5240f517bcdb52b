/**
 * A whole broker on a disk that crashes: offsets are committed, transactions end one way or the other, and after the crash
 * the logs of groups and transactions must say what the clients were told.
 */
import { Broker } from '@millrace/broker'
import { Admin, Consumer, Producer } from '@millrace/client'
import type { Platform, SeededRandom } from '@millrace/platform'

const ADDRESS = 'broker:9092'
const DATA = 'data'
const PARTITIONS = 2
const GROUPS = ['g0', 'g1', 'g2']
const WRITERS = ['t0', 't1']
const RECORDS_PER_PARTITION = 2

interface WrittenTransaction {
  readonly writer: string
  readonly names: string[]
  /** For the group of the same name as the writer. */
  readonly offset: number
  /** What the writer was told; undefined without an answer. */
  outcome: 'committed' | 'aborted' | undefined
}

export async function startBroker(platform: Platform): Promise<Broker> {
  return await Broker.start({
    platform,
    config: {
      'log.dirs': '/var/one,/var/two',
      listeners: `PLAINTEXT://${ADDRESS}`,
      'offsets.topic.num.partitions': 2,
      'transaction.state.log.num.partitions': 2,
      'log.flush.offset.checkpoint.interval.ms': 25,
      'group.initial.rebalance.delay.ms': 0,
    },
  })
}

/** What the clients of one life did and were told. */
export class BrokerLife {
  readonly transactions: WrittenTransaction[] = []
  /** Of each group the offset of the last answered and of the last asked commit. */
  readonly commits = new Map<string, { answered: number; asked: number }>()
  private isPrepared = false

  constructor(
    private readonly platform: Platform,
    private readonly random: SeededRandom,
  ) {}

  /** Goes on until the broker is gone: nobody answers from then on. */
  async live(): Promise<void> {
    const { platform } = this
    const admin = new Admin({ platform, bootstrapServers: ADDRESS })
    await admin.createTopics([{ name: DATA, partitions: PARTITIONS }])
    this.isPrepared = true
    await Promise.all([this.commitOffsets(admin), ...WRITERS.map(writer => this.transact(writer))])
  }

  private async commitOffsets(admin: Admin): Promise<void> {
    for (let offset = 1; ; offset++) {
      const group = this.random.pick(GROUPS)
      const commit = this.commitOf(group)
      commit.asked = offset
      await admin.alterConsumerGroupOffsets(group, [{ topic: DATA, partition: 0, offset }])
      commit.answered = offset
    }
  }

  private async transact(writer: string): Promise<void> {
    const { platform, random } = this
    const producer = new Producer({ platform, bootstrapServers: ADDRESS, transactionalId: writer, lingerMs: 0 })
    await producer.initTransactions()
    for (let count = 1; ; count++) {
      const transaction: WrittenTransaction = { writer, names: [], offset: count, outcome: undefined }
      this.transactions.push(transaction)
      producer.beginTransaction()
      const sent: Promise<unknown>[] = []
      for (let partition = 0; partition < PARTITIONS; partition++)
        for (let index = 0; index < RECORDS_PER_PARTITION; index++) {
          const name = `${writer}/${count}/${partition}/${index}`
          transaction.names.push(name)
          sent.push(producer.send({ topic: DATA, partition, value: name }))
        }
      await Promise.all(sent)
      const group = { groupId: writer, generationId: -1, memberId: '', groupInstanceId: null }
      await producer.sendOffsetsToTransaction([{ topic: DATA, partition: 0, offset: count }], group)
      if (random.chance(0.7)) {
        await producer.commitTransaction()
        transaction.outcome = 'committed'
      } else {
        await producer.abortTransaction()
        transaction.outcome = 'aborted'
      }
    }
  }

  private commitOf(group: string): { answered: number; asked: number } {
    let commit = this.commits.get(group)
    if (commit === undefined) this.commits.set(group, (commit = { answered: 0, asked: 0 }))
    return commit
  }

  /** What is wrong with a broker that was started after the crash, as its clients see it. */
  async judge(platform: Platform): Promise<string[]> {
    if (!this.isPrepared) return []
    const problems: string[] = []
    await using admin = new Admin({ platform, bootstrapServers: ADDRESS })
    for (const [group, { answered, asked }] of this.commits) {
      const offset = (await admin.listConsumerGroupOffsets(group)).get(DATA, 0)?.offset ?? 0
      if (offset < answered || offset > asked) problems.push(`${group} is at ${offset}, not in [${answered}, ${asked}]`)
    }
    // Whatever was left open is ended by the writers' successors.
    for (const writer of WRITERS) {
      await using producer = new Producer({ platform, bootstrapServers: ADDRESS, transactionalId: writer })
      await producer.initTransactions()
    }
    const seen = await committedNames(platform, problems)
    const lastCommitted = new Map<string, number>()
    for (const { names, outcome, writer, offset } of this.transactions) {
      const count = names.filter(name => seen.has(name)).length
      if (count !== 0 && count !== names.length)
        problems.push(`${count} of ${names.length} records of ${names[0]} count`)
      if (outcome === 'committed' && count === 0)
        problems.push(`the committed transaction of ${names[0]} does not count`)
      if (outcome === 'aborted' && count > 0) problems.push(`the aborted transaction of ${names[0]} counts`)
      if (count > 0) lastCommitted.set(writer, offset)
    }
    for (const writer of WRITERS) {
      const offset = (await admin.listConsumerGroupOffsets(writer)).get(DATA, 0)?.offset ?? 0
      const expected = lastCommitted.get(writer) ?? 0
      if (offset !== expected)
        problems.push(`the offset of ${writer} is ${offset}, its transactions committed ${expected}`)
    }
    return problems
  }
}

async function committedNames(platform: Platform, problems: string[]): Promise<Set<string>> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: DATA, partition }))
  const connection = { platform, bootstrapServers: ADDRESS }
  await using committed = new Consumer({ ...connection, isolationLevel: 'read_committed', maxPollRecords: 10_000 })
  await using uncommitted = new Consumer(connection)
  const stable = await committed.endOffsets(partitions)
  for (const [{ partition }, end] of await uncommitted.endOffsets(partitions))
    if (stable.get(DATA, partition) !== end)
      problems.push(`partition ${partition} is decided up to ${stable.get(DATA, partition)} of ${end}`)
  committed.assign(partitions)
  committed.seekToBeginning(partitions)
  const names = new Set<string>()
  for (const at of partitions) {
    while ((await committed.position(at)) < stable.get(DATA, at.partition)!)
      for (const { records } of await committed.poll({ maxWaitMs: 100 })) {
        for (const { value } of records) {
          if (names.has(String(value))) problems.push(`${value} is there twice`)
          names.add(String(value))
        }
      }
  }
  return names
}
