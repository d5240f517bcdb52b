import { describe, expect, test } from 'vitest'
import { ReusableBuffers } from '../../src/memory/reusable-buffers.ts'

const MEBIBYTE = 1024 * 1024
const sharesMemory = (one: Buffer, other: Buffer) => one.buffer === other.buffer

describe('memory that is used again', () => {
  test('is so after it was given back, not before', () => {
    const buffers = new ReusableBuffers()
    const first = buffers.take(MEBIBYTE)
    const second = buffers.take(MEBIBYTE)
    expect(sharesMemory(first, second)).toBe(false)
    buffers.giveBack(first)
    expect(sharesMemory(buffers.take(MEBIBYTE - 1), first)).toBe(true)
    expect(sharesMemory(buffers.take(MEBIBYTE), second)).toBe(false)
  })

  test('is lent to one at a time, however often it is given back', () => {
    const buffers = new ReusableBuffers()
    const one = buffers.take(100_000)
    buffers.giveBack(one)
    buffers.giveBack(one)
    expect(sharesMemory(buffers.take(100_000), one)).toBe(true)
    expect(sharesMemory(buffers.take(100_000), one)).toBe(false)
  })

  test.each([0, 1, 4_000, 32_768, 40_000, 65_536, 1_000_000, MEBIBYTE, MEBIBYTE + 1, 9_000_000])(
    'is as long as asked for: %i bytes',
    length => {
      const buffers = new ReusableBuffers()
      const buffer = buffers.take(length)
      expect(buffer.length).toBe(length)
      buffers.giveBack(buffer)
      expect(buffers.take(length).length).toBe(length)
    },
  )

  test('is kept up to a bound', () => {
    const buffers = new ReusableBuffers()
    const taken = Array.from({ length: 40 }, () => buffers.take(MEBIBYTE))
    const memory = new Set(taken.map(buffer => buffer.buffer))
    for (const buffer of taken) buffers.giveBack(buffer)
    const again = Array.from({ length: 40 }, () => buffers.take(MEBIBYTE))
    expect(again.filter(buffer => memory.has(buffer.buffer))).toHaveLength(16)
    expect(new Set(again.map(buffer => buffer.buffer)).size).toBe(40)
  })

  test('is not that of others', () => {
    const buffers = new ReusableBuffers()
    const foreign = Buffer.alloc(MEBIBYTE)
    buffers.giveBack(foreign)
    buffers.giveBack(buffers.take(MEBIBYTE).subarray(0))
    expect(sharesMemory(buffers.take(MEBIBYTE), foreign)).toBe(false)
  })
})
