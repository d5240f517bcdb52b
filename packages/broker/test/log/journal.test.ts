import { CALM_DISK, type SimulatedNode, Simulation } from '@millrace/platform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import type { JournalWrite } from '../../src/log/journal/journal-group.ts'
import { decodeJournal, encodeJournalGroup, type JournalGroup } from '../../src/log/journal/journal-group.ts'
import { type JournaledTarget, journalPaths, SyncJournal } from '../../src/log/journal/sync-journal.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, codecs, logConfig, recordsIn, topicConfig } from './log-fixture.ts'

const PARTITIONS = 12
const CONFIG = topicConfig({ 'segment.bytes': 2_000, 'retention.ms': -1 })

const group = fc.array(
  fc.record({
    partition: fc.stringMatching(/^[a-z.]{1,20}-[0-9]{1,3}$/),
    topicId: fc.constant('b3JkZXJzb3JkZXJzb3JkZQ'),
    segmentBaseOffset: fc.nat(),
    position: fc.nat(),
    endOffset: fc.maxSafeNat(),
    bytes: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
  }),
  { maxLength: 5 },
)

function encoded(generation: number, groups: readonly JournalGroup['writes'][]): Buffer[] {
  return groups.map((writes, sequence) => encodeJournalGroup({ generation, sequence, writes }, codecs))
}

describe('a journal file', () => {
  test('reads as what was written', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), groups => {
        const read = decodeJournal(Buffer.concat(encoded(7, groups)), codecs)
        expect(read.map(each => each.writes)).toEqual(groups)
      }),
    )
  })

  test('ends at the first group that is torn, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 2, maxLength: 4 }), fc.nat(), fc.nat({ max: 254 }), (groups, at, by) => {
        const file = Buffer.concat(encoded(7, groups))
        const flipped = at % file.length
        file[flipped] = (file[flipped]! + by + 1) % 256
        const whole = decodeJournal(file, codecs)
        expect(whole.length).toBeLessThan(groups.length)
        expect(whole.map(each => each.writes)).toEqual(groups.slice(0, whole.length))
      }),
    )
  })

  test('that is used again ends where its generation ends', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 5 }), fc.array(group, { maxLength: 3 }), (old, young) => {
        const file = Buffer.concat(encoded(1, old))
        const over = Buffer.concat(encoded(2, young))
        const both = Buffer.concat([over, file.subarray(Math.min(over.length, file.length))])
        const expected = young.length === 0 ? old : young
        expect(decodeJournal(both, codecs).map(each => each.writes)).toEqual(expected)
      }),
    )
  })
})

/** A log whose own files are synced when the test says so. */
class Target implements JournaledTarget {
  fileOffset = 0
  hasFailed = false
  endOffset = 0
  journaledOffset = 0
  private release = () => {}

  pendingWrite(): JournalWrite {
    const bytes = Buffer.alloc(100)
    const place = { segmentBaseOffset: 0, position: 0, endOffset: ++this.endOffset }
    return { partition: 'orders-0', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', ...place, bytes }
  }
  journaled({ endOffset }: JournalWrite): void {
    this.journaledOffset = endOffset
  }
  sync(): Promise<void> {
    return new Promise(resolve => {
      this.release = resolve
    })
  }
  finish(): void {
    this.fileOffset = this.endOffset
    this.release()
  }
}

describe('the journal of a directory', () => {
  async function withJournal(work: (journal: SyncJournal, node: SimulatedNode) => Promise<void>): Promise<void> {
    const simulation = new Simulation({ seed: 1, codecs })
    const node = simulation.node('broker')
    const { files } = node.platform
    files.makeDirectory('/data')
    // Two groups fill a file.
    const journal = new SyncJournal(files, codecs, '/data', target => target.sync(), 200)
    journal.begin()
    await simulation.complete(work(journal, node))
  }
  const generationsIn = (node: SimulatedNode) =>
    journalPaths('/data').map(path => {
      const { files } = node.platform
      return files.exists(path) ? decodeJournal(files.read(path), codecs).map(group => group.generation) : []
    })

  test('uses a full file again once the logs have what is in it', () =>
    withJournal(async (journal, node) => {
      const target = new Target()
      for (let group = 0; group < 4; group++) expect(await journal.commit([target])).toEqual([])
      expect(generationsIn(node)).toEqual([
        [0, 0],
        [1, 1],
      ])
      expect(journal.isUsable).toBe(false)
      target.finish()
      await node.platform.timers.sleep(1)
      expect(journal.isUsable).toBe(true)
      await journal.commit([target])
      expect(generationsIn(node)).toEqual([[2], [1, 1]])
      expect(target.journaledOffset).toBe(5)
    }))

  test('keeps what it has of a log whose own sync has failed', () =>
    withJournal(async (journal, node) => {
      const target = new Target()
      for (let group = 0; group < 3; group++) await journal.commit([target])
      target.hasFailed = true
      target.finish()
      await node.platform.timers.sleep(1)
      expect(journal.isUsable).toBe(false)
      expect(generationsIn(node)).toEqual([[0, 0], [1]])
    }))

  test('gives back what a full disk does not take, and goes on when there is space', () =>
    withJournal(async (journal, node) => {
      const target = new Target()
      node.diskConditions = { ...CALM_DISK, capacityBytes: 0 }
      expect(await journal.commit([target])).toEqual([target])
      expect([target.journaledOffset, journal.isUsable]).toEqual([0, true])
      node.diskConditions = CALM_DISK
      expect(await journal.commit([target])).toEqual([])
    }))

  test('is not used any more after another error', () =>
    withJournal(async (journal, node) => {
      node.diskConditions = { ...CALM_DISK, syncErrorRate: 1 }
      const target = new Target()
      expect(await journal.commit([target])).toEqual([target])
      expect([target.journaledOffset, journal.isUsable]).toEqual([0, false])
    }))
})

class Machine {
  readonly simulation: Simulation
  readonly node: SimulatedNode
  logs!: LogManager
  /** Of each partition, what was acknowledged. */
  readonly acknowledged = Array.from({ length: PARTITIONS }, (): string[] => [])

  constructor(seed: number) {
    this.simulation = new Simulation({ seed, codecs })
    this.node = this.simulation.node('broker')
  }
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.simulation.complete(work())
  }
  async open(): Promise<void> {
    this.logs = await LogManager.open(this.node.platform, logConfig({ 'log.dirs': '/data' }))
    const identity = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', config: CONFIG }
    await this.logs.openAll(Array.from({ length: PARTITIONS }, (_, partition) => ({ ...identity, partition })))
  }
  log(partition: number): PartitionLog {
    return this.logs.get('orders', partition)!
  }
  append(partition: number, value: string): Promise<void> {
    const log = this.log(partition)
    const { lastOffset } = log.append(batchOf({ values: [value.padEnd(100, '.')] }), 1_000)
    return log.synced(lastOffset + 1).then(() => void this.acknowledged[partition]!.push(value))
  }
  async appendToAll(value: string): Promise<void> {
    await Promise.all(this.acknowledged.map((_, partition) => this.append(partition, value)))
  }
  async values(partition: number): Promise<string[]> {
    return (await recordsIn(this.log(partition))).map(record => record.value.replace(/\.+$/, ''))
  }
  journals(): string[] {
    return this.node.platform.files.list('/data').filter(name => name.startsWith('.sync-journal'))
  }
  crash(): void {
    this.node.crash('power')
    this.node.diskConditions = CALM_DISK
    this.node.start()
  }
}

describe('many logs at once', () => {
  test('are durable by one file, which a power loss leaves and a clean stop does not', async () => {
    const machine = new Machine(1)
    await machine.run(async () => {
      await machine.open()
      await machine.appendToAll('each by itself, for its new names')
      expect(machine.journals()).toEqual([])
      await machine.appendToAll('together')
      expect(machine.journals()).toEqual(['.sync-journal-0'])
      expect([machine.log(0).highWatermark, machine.log(0).recoveryPoint]).toEqual([2, 1])
    })
    machine.crash()
    await machine.run(async () => {
      await machine.open()
      expect(machine.journals()).toEqual([])
      for (let partition = 0; partition < PARTITIONS; partition++)
        expect(await machine.values(partition)).toEqual(machine.acknowledged[partition])
      await machine.appendToAll('again, by itself')
      await machine.appendToAll('again, together')
      await machine.logs.close()
      expect(machine.journals()).toEqual([])
      await machine.open()
      expect(machine.logs.wasCleanlyClosed).toBe(true)
      for (let partition = 0; partition < PARTITIONS; partition++)
        expect(await machine.values(partition)).toEqual(machine.acknowledged[partition])
    })
  })

  test('keep what was acknowledged through power losses at any time', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const machine = new Machine(seed)
      const random = machine.simulation.random.split('work')
      for (let life = 0; life < 3; life++) {
        machine.node.crashDuringWrite('power', 60 + random.integer(400))
        const work = async () => {
          await machine.open()
          for (let round = 0; machine.node.isUp; round++) {
            const count = 1 + random.integer(PARTITIONS)
            const first = random.integer(PARTITIONS)
            const all = Array.from({ length: count }, (_, index) =>
              machine.append((first + index) % PARTITIONS, `${life}/${round}`),
            )
            if (random.chance(0.8)) await Promise.all(all)
          }
        }
        let failure: unknown
        work().catch(error => (failure = error))
        await machine.simulation.run(() => !machine.node.isUp || failure !== undefined)
        if (failure !== undefined) throw new Error(`seed ${seed}`, { cause: failure })
        machine.node.start()
        await machine.run(async () => {
          await machine.open()
          for (let partition = 0; partition < PARTITIONS; partition++) {
            const values = await machine.values(partition)
            const acknowledged = machine.acknowledged[partition]!
            expect(values.slice(0, acknowledged.length), `seed ${seed}, life ${life}`).toEqual(acknowledged)
            machine.acknowledged[partition] = values
          }
          machine.logs.halt()
        })
      }
    }
  })

  test('go on one by one while there is no room for the journal', async () => {
    const machine = new Machine(1)
    await machine.run(async () => {
      await machine.open()
      await machine.appendToAll('a')
      machine.node.diskConditions = { ...CALM_DISK, capacityBytes: machine.node.usedDiskBytes + 50_000 }
      await machine.appendToAll('b')
      expect(machine.log(0).recoveryPoint).toBe(2)
      machine.node.diskConditions = CALM_DISK
      await machine.appendToAll('c')
      expect([machine.log(0).highWatermark, machine.log(0).recoveryPoint]).toEqual([3, 2])
    })
  })

  test('go on one by one when the journal cannot be written', async () => {
    const machine = new Machine(1)
    await machine.run(async () => {
      await machine.open()
      await machine.appendToAll('a')
      machine.node.platform.files.makeDirectory('/data/.sync-journal-0')
      await machine.appendToAll('b')
      for (let partition = 0; partition < PARTITIONS; partition++) expect(machine.log(partition).recoveryPoint).toBe(2)
    })
  })
})
