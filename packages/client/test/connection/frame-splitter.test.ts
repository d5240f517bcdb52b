import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameSplitter, FrameTooLargeError } from '../../src/connection/frame-splitter.ts'

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap(body => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, body]
    }),
  )
}

test('frames come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 30 })),
      (bodies, cuts) => {
        const stream = framed(bodies)
        const splitter = new FrameSplitter(1000)
        const frames: Buffer[] = []
        let at = 0
        for (const cut of [...cuts, stream.length]) {
          splitter.push(stream.subarray(at, at + cut), frame => frames.push(Buffer.from(frame)))
          at += cut
        }
        expect(frames).toEqual(bodies.map(body => Buffer.from(body)))
      },
    ),
  )
})
test('a frame inside one chunk is a view of it', () => {
  const stream = framed([Buffer.from('abc')])
  let frame: Buffer | undefined
  new FrameSplitter(1000).push(stream, given => {
    frame = given
  })
  expect(frame?.buffer).toBe(stream.buffer)
})
test.each([-1, 101, 0x48545450])('a size of %i ends the stream', size => {
  const chunk = Buffer.alloc(4)
  chunk.writeInt32BE(size)
  expect(() => new FrameSplitter(100).push(chunk, () => {})).toThrow(FrameTooLargeError)
})
