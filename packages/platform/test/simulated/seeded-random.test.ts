import { SeededRandom } from '@millrace/platform'
import { expect, test } from 'vitest'

const draw = (random: SeededRandom) => Array.from({ length: 5 }, () => random.integer(1000))

test('a seed gives the same numbers on every machine', () => {
  expect(draw(new SeededRandom(42))).toMatchInlineSnapshot(`
    [
      272,
      330,
      114,
      200,
      63,
    ]
  `)
})

test('seeds that differ little give sequences that differ', () => {
  expect(new Set(Array.from({ length: 1000 }, (_, seed) => draw(new SeededRandom(seed)).join())).size).toBe(1000)
})

test('a split depends on seed and label, not on what was drawn before', () => {
  const random = new SeededRandom('seed')
  const early = draw(random.split('part'))
  random.next()
  expect(draw(random.split('part'))).toEqual(early)
  expect(draw(random.split('other'))).not.toEqual(early)
})

test('bits are even', () => {
  const random = new SeededRandom(7)
  const counts = new Array<number>(8).fill(0)
  for (const byte of random.bytes(20_000)) for (let bit = 0; bit < 8; bit++) counts[bit]! += (byte >> bit) & 1
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
})

test('between reaches both ends and chance keeps its rate', () => {
  const random = new SeededRandom(8)
  expect([...new Set(Array.from({ length: 100 }, () => random.between(3, 5)))].sort()).toEqual([3, 4, 5])
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(hit => hit).length
  expect(Math.abs(hits - 2500)).toBeLessThan(200)
  expect([random.chance(0), random.chance(1)]).toEqual([false, true])
})
