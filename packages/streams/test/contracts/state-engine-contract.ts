import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StateEngine, StateEngines } from '../../src/state/engine/state-engine.ts'
import type { Row } from '../../src/state/rows.ts'

/** What every StateEngine promises. */
export function stateEngineContract(
  name: string,
  machine: () => Promise<{ readonly engines: StateEngines; readonly directory: string }>,
): void {
  describe(`${name} is a StateEngine`, () => {
    let engines: StateEngines
    let directory: string
    let engine: StateEngine
    const everything = { from: Buffer.alloc(0), to: undefined }

    beforeEach(async () => {
      ;({ engines, directory } = await machine())
      engine = await engines.open(directory)
    })
    afterEach(() => engine.close())

    const write = async (rows: Record<string, string | null>) => {
      const batch = engine.batch()
      for (const [key, value] of Object.entries(rows)) {
        if (value === null) batch.delete(Buffer.from(key, 'hex'))
        else batch.put(Buffer.from(key, 'hex'), Buffer.from(value))
      }
      await batch.write()
    }
    const texts = (rows: Row[]) => rows.map(([key, value]) => [key.toString('hex'), String(value)])

    test('reads what a batch wrote, and nothing before it is written', async () => {
      const batch = engine.batch()
      batch.put(Buffer.from('k'), Buffer.from('v'))
      expect(engine.get(Buffer.from('k'))).toBeUndefined()
      await batch.write()
      expect(String(engine.get(Buffer.from('k')))).toBe('v')
    })

    test('the last write of a key in a batch wins', async () => {
      const batch = engine.batch()
      batch.put(Buffer.from('a'), Buffer.from('1'))
      batch.delete(Buffer.from('a'))
      batch.delete(Buffer.from('b'))
      batch.put(Buffer.from('b'), Buffer.from('2'))
      await batch.write()
      expect(engine.get(Buffer.from('a'))).toBeUndefined()
      expect(String(engine.get(Buffer.from('b')))).toBe('2')
    })

    test('scans in unsigned byte order, both ways, to a limit', async () => {
      await write({ ff: 'd', '00': 'a', '7f': 'b', '80': 'c', '8000': 'c0' })
      expect(texts(engine.scan(everything, 'forward', 100)).map(([key]) => key)).toEqual([
        '00',
        '7f',
        '80',
        '8000',
        'ff',
      ])
      expect(texts(engine.scan(everything, 'backward', 2))).toEqual([
        ['ff', 'd'],
        ['8000', 'c0'],
      ])
    })

    test('a range has its start and not its end', async () => {
      await write({ '01': 'a', '02': 'b', '03': 'c' })
      const range = { from: Buffer.from([1]), to: Buffer.from([3]) }
      for (const direction of ['forward', 'backward'] as const) {
        const keys = texts(engine.scan(range, direction, 10)).map(([key]) => key)
        expect(keys.sort()).toEqual(['01', '02'])
        expect(texts(await engine.scanAsync(range, direction, 10))).toEqual(texts(engine.scan(range, direction, 10)))
      }
    })

    test('scans rows of any size', async () => {
      const batch = engine.batch()
      for (let i = 0; i < 5; i++) batch.put(Buffer.from([i]), Buffer.alloc(400_000, i))
      await batch.write()
      let from = Buffer.alloc(0)
      const lengths: number[] = []
      for (let rows = engine.scan({ from, to: undefined }, 'forward', 3); rows.length > 0; ) {
        lengths.push(...rows.map(([, value]) => value.length))
        from = Buffer.concat([rows.at(-1)![0], Buffer.from([0])])
        rows = engine.scan({ from, to: undefined }, 'forward', 3)
      }
      expect(lengths).toEqual([400_000, 400_000, 400_000, 400_000, 400_000])
    })

    test('a snapshot does not see later batches', async () => {
      await write({ '01': 'old', '02': 'old' })
      const snapshot = engine.snapshot()
      await write({ '01': 'new', '02': null })
      expect(String(snapshot.get(Buffer.from([1])))).toBe('old')
      expect(texts(await snapshot.scan(everything, 'forward', 10))).toEqual([
        ['01', 'old'],
        ['02', 'old'],
      ])
      await snapshot.close()
      expect(String(engine.get(Buffer.from([1])))).toBe('new')
    })

    test('clear deletes the rows of a range', async () => {
      await write({ '01': 'a', '02': 'b', '03': 'c' })
      await engine.clear({ from: Buffer.from([2]), to: Buffer.from([3]) })
      expect(texts(engine.scan(everything, 'forward', 10)).map(([key]) => key)).toEqual(['01', '03'])
    })

    test('keeps its rows when it is closed and opened again', async () => {
      await write({ '01': 'a' })
      engine.scan(everything, 'forward', 1)
      await engine.close()
      engine = await engines.open(directory)
      expect(String(engine.get(Buffer.from([1])))).toBe('a')
      expect(texts(engine.scan(everything, 'forward', 10))).toEqual([['01', 'a']])
    })

    test('a removed directory is empty when it is opened again', async () => {
      await write({ '01': 'a' })
      await engine.close()
      await engines.remove(directory)
      await engines.remove(directory)
      engine = await engines.open(directory)
      expect(engine.scan(everything, 'forward', 10)).toEqual([])
    })

    test('a directory is open once', async () => {
      await expect(engines.open(directory)).rejects.toMatchObject({ code: 'STATE_LOCKED' })
    })
  })
}
