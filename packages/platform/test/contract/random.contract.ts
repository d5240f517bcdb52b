import { randomUuid } from '@millrace/platform'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Form, World } from './form.ts'

/** What every Random promises. */
export function randomContract(form: Form): void {
  describe(`${form.name} random`, () => {
    let world: World
    beforeEach(async () => {
      world = await form.open()
    })

    test('next is in [0, 1) and spreads', () => {
      const numbers = Array.from({ length: 1000 }, () => world.platform.random.next())
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...numbers)).toBeLessThan(1)
      expect(new Set(numbers.map(number => Math.floor(number * 10))).size).toBe(10)
    })

    test.each([1, 2, 7, 2 ** 31])('integer(%d) is a whole number below it', bound => {
      for (let draw = 0; draw < 100; draw++) {
        const number = world.platform.random.integer(bound)
        expect(Number.isInteger(number) && number >= 0 && number < bound).toBe(true)
      }
    })

    test('integer reaches every value', () => {
      const seen = new Set(Array.from({ length: 200 }, () => world.platform.random.integer(5)))
      expect([...seen].sort()).toEqual([0, 1, 2, 3, 4])
    })

    test('bytes has the length that was asked for and no two alike', () => {
      expect(world.platform.random.bytes(0)).toHaveLength(0)
      const drawn = Array.from({ length: 50 }, () => Buffer.from(world.platform.random.bytes(16)).toString('hex'))
      expect(new Set(drawn).size).toBe(50)
    })

    test('randomUuid is a version 4 UUID', () => {
      expect(randomUuid(world.platform.random)).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      )
    })
  })
}
