import { describe, expect, test } from 'vitest'
import { ReadBuffers } from '../../src/log/read-buffers.ts'

const MEBIBYTE = 1024 * 1024

describe('memory for reads', () => {
  test('is used again after it was given back, not before', () => {
    const buffers = new ReadBuffers()
    const first = buffers.take(MEBIBYTE)
    const second = buffers.take(MEBIBYTE)
    expect(second).not.toBe(first)
    buffers.giveBack(first)
    expect(buffers.take(MEBIBYTE - 1)).toBe(first)
    expect(buffers.take(MEBIBYTE)).not.toBe(second)
  })

  test('is lent to one at a time, however often it is given back', () => {
    const buffers = new ReadBuffers()
    const one = buffers.take(100_000)
    buffers.giveBack(one)
    buffers.giveBack(one)
    expect(buffers.take(100_000)).toBe(one)
    expect(buffers.take(100_000)).not.toBe(one)
  })

  test('comes in sizes that fit', () => {
    const buffers = new ReadBuffers()
    for (const length of [0, 1, 4_000, 32_768, 40_000, 65_536, 1_000_000, MEBIBYTE, MEBIBYTE + 1, 9_000_000]) {
      const buffer = buffers.take(length)
      expect(buffer.length).toBeGreaterThanOrEqual(length)
      expect(buffer.length).toBeLessThanOrEqual(Math.max(length, 2 * length - 1))
      buffers.giveBack(buffer)
    }
  })

  test('is kept up to a bound', () => {
    const buffers = new ReadBuffers()
    const taken = Array.from({ length: 40 }, () => buffers.take(MEBIBYTE))
    for (const buffer of taken) buffers.giveBack(buffer)
    const again = new Set(Array.from({ length: 40 }, () => buffers.take(MEBIBYTE)))
    expect(again.size).toBe(40)
    expect(taken.filter(buffer => again.has(buffer))).toHaveLength(16)
  })

  test('that is not its own is not taken', () => {
    const buffers = new ReadBuffers()
    const foreign = Buffer.alloc(MEBIBYTE)
    buffers.giveBack(foreign)
    expect(buffers.take(MEBIBYTE)).not.toBe(foreign)
  })
})
