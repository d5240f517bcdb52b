import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, encode } from '../../src/wire/compile.ts'
import { MalformedMessageError } from '../../src/wire/errors.ts'
import { ALL_MESSAGES, versionsOf } from '../all-messages.ts'
import { arbitraryOf } from '../arbitrary-message.ts'

const MESSAGES = ALL_MESSAGES.map(message => ({ name: message.name, message }))

/** The decoded value, or undefined if the bytes were refused in the way they must be. */
function decodeOrRefuse(message: (typeof ALL_MESSAGES)[number], bytes: Buffer, version: number): unknown {
  try {
    return decode(message, bytes, version)
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}

/** Elements of all arrays and bytes of all byte ranges in a value: what an attacker would want to inflate. */
function extentOf(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length
  if (Array.isArray(value)) return value.reduce((total: number, element) => total + extentOf(element), value.length)
  if (value === null || typeof value !== 'object') return 0
  return Object.values(value).reduce((total: number, member) => total + extentOf(member), 0)
}

describe('every message in every version', () => {
  test.each(MESSAGES)('$name decodes to what was encoded', ({ message }) => {
    for (const version of versionsOf(message))
      fc.assert(
        fc.property(arbitraryOf(message, version), value => {
          const bytes = encode(message, value, version)
          const decoded = decode(message, bytes, version)
          expect(decoded).toEqual(value)
          expect(encode(message, decoded, version).equals(bytes)).toBe(true)
        }),
        { numRuns: 10 },
      )
  })

  test.each(MESSAGES)('$name is refused when it is cut anywhere', ({ message }) => {
    for (const version of versionsOf(message))
      fc.assert(
        fc.property(arbitraryOf(message, version), value => {
          const bytes = encode(message, value, version)
          for (let length = 0; length < bytes.length; length++)
            expect(decodeOrRefuse(message, bytes.subarray(0, length), version)).toBeUndefined()
        }),
        { numRuns: 1 },
      )
  })

  test.each(MESSAGES)('$name with changed bytes is refused or no larger than its bytes', ({ message }) => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
    for (const version of versionsOf(message))
      fc.assert(
        fc.property(arbitraryOf(message, version), changes, (value, changed) => {
          const bytes = encode(message, value, version)
          for (const [at, byte] of changed) if (bytes.length > 0) bytes[at % bytes.length] = byte
          expect(extentOf(decodeOrRefuse(message, bytes, version))).toBeLessThanOrEqual(bytes.length)
        }),
        { numRuns: 5 },
      )
  })
})
