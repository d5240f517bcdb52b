import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, FrameSizeError } from '../../src/server/frame-reader.ts'
import { ReceiveMemory, UNCOUNTED_FRAME_BYTES } from '../../src/server/receive-memory.ts'

const unbounded = () => new ReceiveMemory(Number.POSITIVE_INFINITY)

function framed(...frames: Buffer[]): Buffer {
  return Buffer.concat(
    frames.flatMap(frame => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.length)
      return [size, frame]
    }),
  )
}

describe('FrameReader', () => {
  test('gives back the frames however the stream is cut', () => {
    const frame = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(700), { maxLength: 20 }), (frames, cuts) => {
        const stream = framed(...frames)
        const reader = new FrameReader(1_000, unbounded())
        const seen: Buffer[] = []
        const bounds = [0, ...cuts.map(cut => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length]
        for (let index = 1; index < bounds.length; index++) {
          reader.push(stream.subarray(bounds[index - 1], bounds[index]))
          for (let next = reader.next(); Buffer.isBuffer(next); next = reader.next()) seen.push(next)
        }
        expect(seen).toEqual(frames)
      }),
    )
  })

  test('does not copy a frame that came in one piece', () => {
    const stream = framed(Buffer.from('abc'))
    const reader = new FrameReader(100, unbounded())
    reader.push(stream)
    expect((reader.next() as Buffer).buffer).toBe(stream.buffer)
  })

  test.each([-1, -(2 ** 31), 101, 2 ** 31 - 1])('refuses a size of %i before it is received', size => {
    const reader = new FrameReader(100, unbounded())
    const field = Buffer.alloc(4)
    field.writeInt32BE(size)
    reader.push(field)
    expect(() => reader.next()).toThrow(FrameSizeError)
  })
})

describe('ReceiveMemory', () => {
  const large = UNCOUNTED_FRAME_BYTES + 1
  test('makes large frames wait for each other, small ones never', async () => {
    const memory = new ReceiveMemory(large)
    const first = new FrameReader(large, memory)
    const second = new FrameReader(large, memory)
    const frame = Buffer.alloc(large)
    first.push(framed(frame))
    second.push(framed(frame))
    expect(first.next()).toEqual(frame)
    expect(second.next()).toBe('no-memory')
    const released = new Promise<void>(resolve => memory.whenReleased(resolve))
    memory.release(large)
    await released
    expect(second.next()).toEqual(frame)

    const small = new FrameReader(large, memory)
    small.push(framed(Buffer.from('x')))
    expect(small.next()).toEqual(Buffer.from('x'))
  })
  test('gets back what a frame that breaks off had', () => {
    const memory = new ReceiveMemory(large)
    const broken = new FrameReader(large, memory)
    broken.push(framed(Buffer.alloc(large)).subarray(0, 10))
    expect(broken.next()).toBe('incomplete')
    expect(memory.reserve(large)).toBe(false)
    broken.discard()
    expect(memory.reserve(large)).toBe(true)
  })
})
