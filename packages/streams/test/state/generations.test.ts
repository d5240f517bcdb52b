import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SimulatedEngineDisk } from '../../src/state/engine/simulated-engine.ts'
import { Generations } from '../../src/state/generations.ts'
import { type Checkpoint, EMPTY_CHECKPOINT } from '../../src/state/manifest.ts'
import type { Row } from '../../src/state/rows.ts'
import { eagerTimers, seededRandom } from './seeded-time.ts'

const EVERYTHING = { from: Buffer.alloc(0), to: undefined }

function machine(seed: number) {
  const disk = new SimulatedEngineDisk()
  const random = seededRandom(seed)
  const engines = disk.engines({ random, timers: eagerTimers })
  const open = async () =>
    Generations.over(await engines.open('state'), {
      timers: eagerTimers,
      seed,
      readCacheBytes: 64 * 1024,
      directory: 'state',
    })
  return { disk, engines, open, crash: () => disk.crash('power', random) }
}

function checkpointAt(offset: number): Checkpoint {
  return {
    changelogs: new Map([['store', { topic: 'changelog', topicId: 'id', partition: 0, offset }]]),
    inputs: [{ topic: 'in', partition: 0, offset }],
  }
}

const offsetOf = (generations: Generations) => generations.checkpoint.changelogs.get('store')?.offset ?? 0

type Step =
  | { readonly kind: 'put'; readonly key: number; readonly value: string | null }
  | { readonly kind: 'commit' | 'rollback' | 'persist' | 'persist-in-background' | 'fail-persist' | 'crash' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: fc.integer({ min: 0, max: 12 }),
      value: fc.option(fc.string({ maxLength: 5 })),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'commit' as const,
        'commit' as const,
        'rollback' as const,
        'persist' as const,
        'persist-in-background' as const,
        'fail-persist' as const,
        'crash' as const,
      ),
    }),
  },
)

describe('Generations', () => {
  test('hold the newest writes, what is committed, and after a crash the state of some commit since the last batch', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer(), async (steps, seed) => {
        const { disk, open, crash } = machine(seed)
        let generations = await open()
        let rows = generations.rowsOf('store')
        /** The state after commit n at index n; the last one is the newest. */
        const commits: Map<number, string>[] = [new Map()]
        let current = new Map<number, string>()
        let persistedAtLeast = 0
        for (const each of steps) {
          switch (each.kind) {
            case 'put':
              rows.put(Buffer.from([each.key]), each.value === null ? null : Buffer.from(each.value))
              if (each.value === null) current.delete(each.key)
              else current.set(each.key, each.value)
              break
            case 'commit':
              generations.commit(checkpointAt(commits.length))
              commits.push(new Map(current))
              break
            case 'rollback':
              generations.rollback()
              current = new Map(commits.at(-1))
              break
            case 'persist': {
              // The first may join one that began before the last commit, the second meet the failure that waits.
              await generations.persist(0).catch(() => {})
              await generations.persist(0).catch(() => {})
              await generations.persist(0)
              persistedAtLeast = commits.length - 1
              break
            }
            case 'persist-in-background':
              void generations.persist(0).catch(() => {})
              break
            case 'fail-persist':
              disk.failNextWrite('state')
              await generations.persist(0).catch(() => {})
              break
            case 'crash': {
              crash()
              generations = await open()
              rows = generations.rowsOf('store')
              const survived = offsetOf(generations)
              expect(survived).toBeGreaterThanOrEqual(persistedAtLeast)
              expect(survived).toBeLessThan(commits.length)
              commits.length = survived + 1
              current = new Map(commits[survived])
              break
            }
          }
          const sorted = [...current].sort(([left], [right]) => left - right)
          expect(plain(rows.scan(EVERYTHING, 'forward'))).toEqual(sorted)
          expect(plain(rows.scan(EVERYTHING, 'backward'))).toEqual(sorted.reverse())
          for (let key = 0; key <= 12; key++) {
            expect(text(rows.get(Buffer.from([key])))).toBe(current.get(key))
            expect(text(rows.getCommitted(Buffer.from([key])))).toBe(commits.at(-1)!.get(key))
          }
        }
        const committed: Row[] = []
        for await (const row of rows.scanCommitted(EVERYTHING, 'forward')) committed.push(row)
        expect(plain(committed)).toEqual([...commits.at(-1)!].sort(([left], [right]) => left - right))
      }),
      { numRuns: 150 },
    ))

  test('stores of one task do not see each other, and keep their rows under their names', async () => {
    const { open } = machine(1)
    const generations = await open()
    const [first, second] = [generations.rowsOf('first'), generations.rowsOf('second')]
    first.put(Buffer.from('k'), Buffer.from('1'))
    second.put(Buffer.from('k'), Buffer.from('2'))
    generations.commit(EMPTY_CHECKPOINT)
    await generations.persist(0)
    await generations.close()
    const reopened = await open()
    expect(plainText(reopened.rowsOf('second').scan(EVERYTHING, 'forward'))).toEqual([['k', '2']])
    expect(plainText(reopened.rowsOf('first').scan(EVERYTHING, 'forward'))).toEqual([['k', '1']])
    expect(plainText(reopened.rowsOf('third').scan(EVERYTHING, 'forward'))).toEqual([])
  })

  test('a scan goes on while what it walks is committed, persisted and written', async () => {
    const { open } = machine(2)
    const generations = await open()
    const rows = generations.rowsOf('store')
    for (let i = 0; i < 1_000; i++) rows.put(Buffer.from(String(i).padStart(4, '0')), Buffer.from('x'))
    const seen: string[] = []
    for (const [key] of rows.scan(EVERYTHING, 'forward')) {
      seen.push(String(key))
      if (seen.length % 100 === 0) {
        rows.put(key, null)
        generations.commit(EMPTY_CHECKPOINT)
        if (seen.length % 300 === 0) await generations.persist(0)
      }
    }
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i).padStart(4, '0')))
  })

  test('a large commit is promoted in slices, and everybody sees it at once', async () => {
    const { open } = machine(5)
    for (const generations of [await open(), Generations.inMemory(5, eagerTimers)]) {
      const rows = generations.rowsOf('store')
      const keyOf = (i: number) => Buffer.from(String(i).padStart(5, '0'))
      const write = (value: string) => {
        for (let i = 0; i < 9_000; i++) rows.put(keyOf(i), i % 3 === 0 && value !== 'a' ? null : Buffer.from(value))
      }
      const expectAll = (value: string) => {
        for (const i of [0, 1, 4_000, 8_998]) {
          const wanted = i % 3 === 0 && value !== 'a' ? undefined : value
          expect(text(rows.get(keyOf(i)))).toBe(wanted)
          expect(text(rows.getCommitted(keyOf(i)))).toBe(wanted)
        }
        expect([...rows.scan(EVERYTHING, 'forward')]).toHaveLength(value === 'a' ? 9_000 : 6_000)
      }
      write('a')
      generations.commit(EMPTY_CHECKPOINT)
      expectAll('a')
      write('b')
      generations.commit(EMPTY_CHECKPOINT)
      expectAll('b')
      await new Promise<void>(resolve => eagerTimers.soon(resolve))
      expectAll('b')
      write('c')
      generations.commit(EMPTY_CHECKPOINT)
      await generations.persist(0)
      expectAll('c')
    }
  })

  test('cleared ranges are gone from memory and from the engine', async () => {
    const { open } = machine(3)
    const generations = await open()
    const rows = generations.rowsOf('store')
    const put = (keys: number[]) => keys.map(key => rows.put(Buffer.from([key]), Buffer.from('v')))
    put([1, 2, 3])
    generations.commit(EMPTY_CHECKPOINT)
    await generations.persist(0)
    put([4, 5])
    rows.clear({ from: Buffer.from([2]), to: Buffer.from([5]) })
    generations.commit(EMPTY_CHECKPOINT)
    await generations.persist(0)
    await generations.close()
    expect(plain((await open()).rowsOf('store').scan(EVERYTHING, 'forward')).map(([key]) => key)).toEqual([1, 5])
  })

  test('an unknown format is refused, not guessed at', async () => {
    const { engines, open } = machine(4)
    const engine = await engines.open('state')
    const batch = engine.batch()
    batch.put(Buffer.from([0, 0]), Buffer.from('{"formatVersion":99}'))
    await batch.write()
    await engine.close()
    await expect(open()).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
  })

  test('in memory, deleted rows cost nothing after a commit', () => {
    const generations = Generations.inMemory(0)
    const rows = generations.rowsOf('store')
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 1_000; i++) rows.put(Buffer.from(`${round}-${i}`), Buffer.alloc(100))
      for (let i = 0; i < 1_000; i++) rows.put(Buffer.from(`${round}-${i}`), null)
      generations.commit(EMPTY_CHECKPOINT)
    }
    expect(generations.committedBytes).toBeLessThan(1024 * 1024)
  })
})

function plain(rows: Iterable<Row>): [number, string][] {
  return [...rows].map(([key, value]) => [key[0]!, String(value)])
}

function plainText(rows: Iterable<Row>): [string, string][] {
  return [...rows].map(([key, value]) => [String(key), String(value)])
}

function text(value: Buffer | undefined): string | undefined {
  return value && String(value)
}
