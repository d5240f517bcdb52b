/**
 * A log on a disk that loses what was not synced, tears writes and stops anywhere, also while it recovers. After each crash
 * the log must be what was appended up to some point, which is not before the last acknowledged record; the producers must
 * be what those records say, and a retry of an unanswered batch must neither lose nor repeat it.
 */
import { type CrashKind, type SimulatedNode, Simulation } from '@millrace/platform'
import { RecordBatch } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { TopicConfig } from '../../src/config/topic-config.ts'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { ProducerStates } from '../../src/log/producers/producer-state.ts'
import { batchOf, codecs, logConfig, recordsIn, topicConfig } from './log-fixture.ts'

const PARTITION = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
const SEEDS = 120
const CRASHES_PER_SEED = 4
const APPENDS_PER_RUN = 40
const PRODUCERS = 3

const SMALL_SEGMENTS = topicConfig({ 'segment.bytes': 1_500, 'index.interval.bytes': 300 })

interface Sent {
  readonly baseSequence: number
  readonly values: readonly string[]
}

/** What the producers and readers of the log know, across crashes. */
class Workload {
  /** Value of each record that was appended and may be there. */
  private values: string[] = []
  private acknowledgedOffset = 0
  private readonly nextSequence = new Array<number>(PRODUCERS).fill(0)
  /** Of each producer, the batch that was not answered yet: it is sent again. */
  private readonly unanswered = new Array<Sent | undefined>(PRODUCERS).fill(undefined)
  private producerEpoch = 0

  constructor(
    private readonly config: TopicConfig,
    private readonly simulation: Simulation,
  ) {}

  get isDurable(): boolean {
    return this.config['flush.messages'] === 1
  }

  /** One life of the process: opens, compares, appends, maybe closes. */
  async run(node: SimulatedNode, round: number): Promise<void> {
    const { platform } = node
    const random = this.simulation.random.split(`round ${round}`)
    const logs = await LogManager.open(platform, logConfig({ 'log.dirs': '/var/data' }))
    await logs.openAll([{ ...PARTITION, config: this.config }])
    const log = logs.get('orders', 0)!
    await this.compare(log)
    if (!this.isDurable) this.beginEpoch(round)
    for (let step = 0; step < APPENDS_PER_RUN; step++) {
      const value = `${round}/${step}`.padEnd(random.integer(150), '.')
      const answered = this.append(
        log,
        random.integer(PRODUCERS),
        new Array(1 + random.integer(4)).fill(value),
        platform.clock.nowMs(),
      )
      if (random.chance(0.7)) await answered
      else if (random.chance(0.5)) await platform.timers.sleep(1 + random.integer(5))
    }
    await log.synced(log.logEndOffset)
    if (random.chance(0.5)) return
    await logs.close()
    this.acknowledgedOffset = this.values.length
  }

  private async append(log: PartitionLog, producerId: number, values: readonly string[], nowMs: number): Promise<void> {
    const sent = this.unanswered[producerId] ?? { baseSequence: this.nextSequence[producerId]!, values }
    this.unanswered[producerId] = sent
    const batch = batchOf({ ...sent, producerId, producerEpoch: this.producerEpoch, timestampMs: nowMs })
    const { baseOffset, lastOffset, isDuplicate } = log.append(batch, nowMs)
    if (isDuplicate) expect(this.values.slice(baseOffset, lastOffset + 1)).toEqual(sent.values)
    else this.values.push(...sent.values)
    await log.synced(lastOffset + 1)
    if (this.isDurable) this.acknowledgedOffset = Math.max(this.acknowledgedOffset, lastOffset + 1)
    if (this.unanswered[producerId] !== sent) return
    this.unanswered[producerId] = undefined
    this.nextSequence[producerId] = sent.baseSequence + sent.values.length
  }

  /** Producers whose records may be lost begin anew. */
  private beginEpoch(epoch: number): void {
    this.producerEpoch = epoch
    this.nextSequence.fill(0)
    this.unanswered.fill(undefined)
  }

  private async compare(log: PartitionLog): Promise<void> {
    const records = await recordsIn(log)
    expect(records).toEqual(this.values.slice(0, records.length).map((value, offset) => ({ offset, value })))
    expect(records.length).toBeGreaterThanOrEqual(this.acknowledgedOffset)
    expect(log.logEndOffset).toBe(records.length)
    expect(log.highWatermark).toBe(records.length)
    expect(lastSequences(log.activeProducers)).toEqual(lastSequences(await producersIn(log)))
    this.values = this.values.slice(0, records.length)
    this.acknowledgedOffset = records.length
  }
}

function lastSequences(producers: Iterable<{ readonly producerId: number; readonly lastSequence: number }>) {
  return new Map(Array.from(producers, ({ producerId, lastSequence }) => [producerId, lastSequence]))
}

async function producersIn(log: PartitionLog) {
  const states = new ProducerStates()
  for (let offset = 0; offset < log.logEndOffset; ) {
    const { chunks } = await log.read(offset, 1, { isolation: 'read_uncommitted', minOneBatch: true })
    const batch = new RecordBatch(chunks[0]!)
    states.record(batch, 0)
    offset = batch.nextOffset
  }
  return Array.from(states.values(), ({ producerId, batches }) => ({
    producerId,
    lastSequence: batches.at(-1)!.lastSequence,
  }))
}

async function crashAgainAndAgain(seed: number, config: TopicConfig): Promise<void> {
  const simulation = new Simulation({ seed, codecs })
  const node = simulation.node('broker')
  const random = simulation.random.split('crashes')
  const workload = new Workload(config, simulation)
  for (let round = 0; round <= CRASHES_PER_SEED; round++) {
    if (!node.isUp) node.start()
    const kind: CrashKind = random.pick(['kill', 'power'])
    if (round < CRASHES_PER_SEED) node.crashDuringWrite(kind, random.integer(250))
    let outcome: { readonly error?: unknown } | undefined
    workload.run(node, round).then(
      () => (outcome = {}),
      error => (outcome = { error }),
    )
    await simulation.run(() => !node.isUp || outcome !== undefined)
    if (outcome?.error !== undefined) throw new Error(`seed ${seed}, round ${round}`, { cause: outcome.error })
    if (node.isUp) node.crash(kind)
  }
}

describe(`${SEEDS * CRASHES_PER_SEED} crashes`, () => {
  test('of a log that syncs before it answers lose nothing that was answered', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) await crashAgainAndAgain(seed, SMALL_SEGMENTS)
  })
  test('of a log that syncs now and then leave a prefix', async () => {
    const config = { ...SMALL_SEGMENTS, 'flush.messages': 10 }
    for (let seed = 1; seed <= SEEDS; seed++) await crashAgainAndAgain(seed, config)
  })
})
