import type { CrashKind } from '@millrace/platform'
import { APIS } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { SimulatedBroker } from '../simulated-broker.ts'
import { committedOffset, fetchAll, readCommitted, TransactionalClient } from './transactional-client.ts'

/** More changes of the disk than one transaction makes. */
const MOST_CHANGES = 200

async function start(seed: string): Promise<SimulatedBroker> {
  const simulated = await SimulatedBroker.start(seed)
  await simulated.run(async () => {
    await simulated.createTopic('t', 2)
    await simulated.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  })
  return simulated
}

/** Writes to two partitions and to a group. True once the broker has said that it is committed. */
async function transaction(producer: TransactionalClient, version: 1 | 2): Promise<boolean> {
  const versions = version === 1 ? { produce: 11, commit: 4, end: 4 } : { produce: 12, commit: 5, end: 5 }
  if (version === 1) {
    await producer.addPartitions('t', [0, 1])
    await producer.addOffsets('g')
  }
  await producer.produce('t', ['a'], { partition: 0, version: versions.produce })
  await producer.produce('t', ['b'], { partition: 1, version: versions.produce })
  await producer.commitOffset('g', 't', 5, { version: versions.commit })
  return (await producer.end('commit', versions.end)) === 'NONE'
}

/** What the transaction has left: all of it or nothing, and nothing that is undecided. */
async function outcome(simulated: SimulatedBroker): Promise<'committed' | 'aborted'> {
  // Another producer takes over, so that an open transaction is aborted and a decided one completed.
  await TransactionalClient.init(simulated, 'x')
  const seen = [
    ...(await readCommitted(simulated, 't', 0)),
    ...(await readCommitted(simulated, 't', 1)),
    await committedOffset(simulated, 'g', 't', true),
  ]
  for (const partition of [0, 1]) {
    const { batches, lastStableOffset } = await fetchAll(simulated, 't', partition, 0)
    expect(lastStableOffset).toBe(batches.at(-1)?.nextOffset ?? 0)
  }
  if (seen.length === 3) expect(seen).toEqual(['a', 'b', 5])
  else expect(seen).toEqual([-1])
  return seen.length === 3 ? 'committed' : 'aborted'
}

describe.each([1, 2] as const)('a crash in a transaction of version %i', version => {
  test.each(['kill', 'power'] as CrashKind[])('by %s, at every change of the disk', async kind => {
    const outcomes = new Set<string>()
    for (let changes = 0; changes < MOST_CHANGES; changes++) {
      const simulated = await start(`${kind} ${changes}`)
      const producer = await simulated.run(() => TransactionalClient.init(simulated, 'x'))
      let isAnswered = false
      simulated.node.crashDuringWrite(kind, changes)
      const done = transaction(producer, version).then(answer => {
        isAnswered = answer
      })
      let isOver = false
      // The markers are written after the answer.
      const quiet = done.then(() => simulated.platform.timers.sleep(1_000))
      quiet.then(() => {
        isOver = true
      })
      await simulated.simulation.run(() => isOver || !simulated.node.isUp)
      simulated.node.cancelCrash()
      const hasCrashed = !simulated.node.isUp
      if (hasCrashed) await simulated.restart()
      const result = await simulated.run(() => outcome(simulated))
      if (isAnswered) expect(result).toBe('committed')
      expect(simulated.bugs).toEqual([])
      outcomes.add(result)
      if (!hasCrashed) break
      expect(changes).toBeLessThan(MOST_CHANGES - 1)
    }
    expect(outcomes).toEqual(new Set(['aborted', 'committed']))
  })
})

test.each([0, 100, 200, 300, 500, 700, 900])(
  'a disk with %i bytes left delays a commit and loses nothing',
  async left => {
    const simulated = await start('full disk')
    await simulated.run(async () => {
      const producer = await TransactionalClient.init(simulated, 'x')
      await producer.produce('t', ['a'], { partition: 0 })
      await producer.produce('t', ['b'], { partition: 1 })
      await producer.commitOffset('g', 't', 5)
      const { node, platform } = simulated
      node.diskConditions = { ...node.diskConditions, capacityBytes: node.usedDiskBytes + left }
      const first = producer.copy()
      const answers = new Set<string>()
      const ended = (async () => {
        for (;;) {
          const answer = await first.copy().end('commit')
          answers.add(answer)
          if (answer === 'NONE') return
          await platform.timers.sleep(100)
        }
      })()
      await platform.timers.sleep(3_000)
      node.diskConditions = { ...node.diskConditions, capacityBytes: Infinity }
      const freeMs = simulated.simulation.nowMs
      await ended
      // NONE may have been told before the markers are written: taking over waits for them.
      expect(await outcome(simulated)).toBe('committed')
      expect(simulated.simulation.nowMs - freeMs).toBeLessThan(5_000)
      for (const answer of answers) expect(['NONE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS']).toContain(answer)
    })
    expect(simulated.bugs).toEqual([])
  },
)

test('an aborted transaction is aborted for good, and its offsets are gone after a restart', async () => {
  const simulated = await start('abort')
  await simulated.run(async () => {
    const producer = await TransactionalClient.init(simulated, 'x')
    await producer.commitOffset('g', 't', 1)
    await producer.endCompletely('commit')
    await producer.commitOffset('g', 't', 2)
    await producer.produce('t', ['lost'])
    await producer.endCompletely('abort')
    expect(await committedOffset(simulated, 'g', 't', true)).toBe(1)
  })
  await simulated.crash('power')
  await simulated.run(async () => {
    await simulated.platform.timers.sleep(1_000)
    expect(await committedOffset(simulated, 'g', 't', true)).toBe(1)
    expect(await readCommitted(simulated, 't')).toEqual([])
  })
})

test('what is open before a crash goes on after it', async () => {
  const simulated = await start('open')
  const producer = await simulated.run(async () => {
    const begun = await TransactionalClient.init(simulated, 'x')
    await begun.produce('t', ['a'])
    await begun.commitOffset('g', 't', 5)
    return begun.producer
  })
  await simulated.crash('power')
  await simulated.run(async () => {
    await simulated.platform.timers.sleep(1_000)
    expect(await committedOffset(simulated, 'g', 't', true)).toBe('UNSTABLE_OFFSET_COMMIT')
    const again = await TransactionalClient.of(simulated, producer)
    await again.endCompletely('commit')
    expect(await committedOffset(simulated, 'g', 't', true)).toBe(5)
    expect(await readCommitted(simulated, 't')).toEqual(['a'])
  })
})
