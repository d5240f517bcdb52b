import { beforeEach, describe, expect, test } from 'vitest'
import type { Form, World } from './form.ts'

/** What every Clock and its Timers promise. */
export function timeContract(form: Form): void {
  describe(`${form.name} clock and timers`, () => {
    let world: World
    beforeEach(async () => {
      world = await form.open()
    })

    test('the wall clock is whole milliseconds of this century', () => {
      const now = world.platform.clock.nowMs()
      expect(Number.isInteger(now)).toBe(true)
      expect(now).toBeGreaterThan(Date.UTC(2020, 0, 1))
    })

    test('the monotonic clock passes at least the delay of a timer', () =>
      world.run(async () => {
        const { clock, timers } = world.platform
        const before = clock.monotonicMs()
        await timers.sleep(5)
        // Node counts its timers from the start of a turn of its loop, so they may be a millisecond early.
        expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(4)
      }))

    test('timers fire once, by delay, and those of one delay in order', () =>
      world.run(async () => {
        const { timers } = world.platform
        const fired: string[] = []
        timers.after(30, () => fired.push('late'))
        timers.after(2, () => fired.push('first'))
        timers.after(2, () => fired.push('second'))
        await timers.sleep(60)
        expect(fired).toEqual(['first', 'second', 'late'])
      }))

    test('a cancelled timer never fires; cancelling again or after firing does nothing', () =>
      world.run(async () => {
        const { timers } = world.platform
        let fired = 0
        const cancelled = timers.after(2, () => fired++)
        const other = timers.after(2, () => (fired += 10))
        cancelled.cancel()
        cancelled.cancel()
        await timers.sleep(10)
        other.cancel()
        expect(fired).toBe(10)
      }))

    test.each([0, -5, Number.NaN])('a delay of %d counts as 1', delayMs =>
      world.run(() => new Promise<void>(resolve => world.platform.timers.after(delayMs, resolve))),
    )

    test('a delay beyond 2^31−1 is not taken for none', () =>
      world.run(async () => {
        const { timers } = world.platform
        let fired = false
        const timer = timers.after(1e12, () => (fired = true))
        await timers.sleep(5)
        timer.cancel()
        expect(fired).toBe(false)
      }))

    test('soon calls back in a later turn, in order', () =>
      world.run(async () => {
        const calls: number[] = []
        await new Promise<void>(resolve => {
          for (const call of [1, 2, 3]) world.platform.timers.soon(() => calls.push(call))
          world.platform.timers.soon(resolve)
          expect(calls).toEqual([])
        })
        expect(calls).toEqual([1, 2, 3])
      }))

    test('sleep rejects with the reason of the signal, before or during', () =>
      world.run(async () => {
        const { timers } = world.platform
        const reason = new Error('enough')
        await expect(timers.sleep(1e6, AbortSignal.abort(reason))).rejects.toBe(reason)
        const controller = new AbortController()
        const sleeping = timers.sleep(1e6, controller.signal)
        timers.after(2, () => controller.abort(reason))
        await expect(sleeping).rejects.toBe(reason)
      }))
  })
}
