import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lanes } from '../../src/processing/lanes.ts'

test('a lane keeps its order, lanes share the workers, and none is left over', async () => {
  const jobs = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 })), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({ min: 1, max: 4 }), async (list, concurrency) => {
      const lanes = new Lanes<number>(concurrency)
      const ended: [number, number][] = []
      const atWork = new Set<number>()
      let most = 0
      const all = list.map(
        ([lane, turns], index) =>
          new Promise<void>(resolve => {
            lanes.add(lane, async () => {
              expect(atWork.has(lane)).toBe(false)
              atWork.add(lane)
              most = Math.max(most, atWork.size)
              for (let turn = 0; turn < turns; turn++) await Promise.resolve()
              atWork.delete(lane)
              ended.push([lane, index])
              resolve()
            })
          }),
      )
      await Promise.all(all)
      expect(most).toBeLessThanOrEqual(concurrency)
      expect(lanes.waiting).toBe(0)
      for (const lane of new Set(list.map(([key]) => key))) {
        const order = ended.filter(([key]) => key === lane).map(([, index]) => index)
        expect(order).toEqual([...order].sort((a, b) => a - b))
      }
    }),
    { numRuns: 50 },
  )
})
