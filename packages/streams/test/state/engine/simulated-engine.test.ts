import { describe, expect, test } from 'vitest'
import { SimulatedEngineDisk } from '../../../src/state/engine/simulated-engine.ts'
import { stateEngineContract } from '../../contracts/state-engine-contract.ts'
import { eagerTimers, seededRandom } from '../seeded-time.ts'

stateEngineContract('the simulated engine', async () => ({
  engines: new SimulatedEngineDisk().engines({ random: seededRandom(1), timers: eagerTimers }),
  directory: 'state',
}))

describe('a crash of the simulated engine', () => {
  const row = Buffer.from('row')

  async function crashed(seed: number) {
    const disk = new SimulatedEngineDisk()
    const random = seededRandom(seed)
    const engines = disk.engines({ random, timers: eagerTimers })
    const engine = await engines.open('state')
    const first = engine.batch()
    for (let i = 0; i < 10; i++) first.put(Buffer.from([i]), row)
    await first.write()
    void engine.clear({ from: Buffer.from([0]), to: Buffer.from([5]) })
    const second = engine.batch()
    second.put(Buffer.from([20]), row)
    second.put(Buffer.from([21]), row)
    void second.write()
    disk.crash('power', random)
    expect(() => engine.get(row)).toThrow()
    const after = await engines.open('state')
    return after.scan({ from: Buffer.alloc(0), to: undefined }, 'forward', 100).map(([key]) => key[0]!)
  }

  test('keeps resolved batches, keeps or loses the others whole, and may undo a clearing', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      const keys = await crashed(seed)
      expect(keys).toEqual(expect.arrayContaining([5, 6, 7, 8, 9]))
      expect(keys.includes(20)).toBe(keys.includes(21))
      if (keys.includes(20)) expect(keys.some(key => key < 5)).toBe(false)
      outcomes.add(`batch ${keys.includes(20)}, cleared rows back ${keys.some(key => key < 5)}`)
      expect(await crashed(seed)).toEqual(keys)
    }
    expect(outcomes.size).toBe(3)
  })
})
