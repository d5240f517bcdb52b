import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../../../src/state/bytes/byte-order.ts'
import { ByteTable } from '../../../src/state/bytes/byte-table.ts'

const key = fc.oneof(
  fc.uint8Array({ maxLength: 2 }),
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.constantFrom(Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(0xff), Uint8Array.of(0x7f), Uint8Array.of(0x80)),
)
const value = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 60 }))

type Operation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array | null }
  | { readonly kind: 'remove'; readonly key: Uint8Array }
  | { readonly kind: 'removeRange'; readonly from: Uint8Array; readonly to: Uint8Array | undefined }
  | { readonly kind: 'order' }
  | { readonly kind: 'clear' }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('removeRange' as const),
      from: key,
      to: fc.option(key, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'order' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' } as const) },
)

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The same operations on a Map with hex keys, whose sorted order is byte order. */
function naive(operations: readonly Operation[]): Map<string, string | null> {
  const map = new Map<string, string | null>()
  for (const step of operations) {
    if (step.kind === 'put') map.set(hex(step.key), step.value === null ? null : hex(step.value))
    else if (step.kind === 'remove') map.delete(hex(step.key))
    else if (step.kind === 'clear') map.clear()
    else if (step.kind === 'removeRange') {
      const { from, to } = step
      for (const each of [...map.keys()])
        if (each >= hex(from) && (to === undefined || each < hex(to))) map.delete(each)
    }
  }
  return map
}

function run(operations: readonly Operation[]): ByteTable {
  const table = new ByteTable(7)
  for (const step of operations) {
    if (step.kind === 'put') table.put(step.key, step.value)
    else if (step.kind === 'remove') table.remove(step.key)
    else if (step.kind === 'clear') table.clear()
    else if (step.kind === 'order') table.lowerKey(undefined)
    else table.removeRange(step)
  }
  return table
}

describe('ByteTable', () => {
  test('answers like a sorted map', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), fc.array(key, { maxLength: 5 }), (operations, probes) => {
        const expected = naive(operations)
        const table = run(operations)
        expect(table.size).toBe(expected.size)
        const sorted = [...expected.keys()].sort()
        expect([...table.entries()].map(([k, v]) => [hex(k), v && hex(v)]).sort()).toEqual(
          sorted.map(each => [each, expected.get(each)]),
        )
        for (const probe of [...probes, ...sorted.map(each => Buffer.from(each, 'hex'))]) {
          const text = hex(probe)
          const found = table.get(probe)
          expect(found === undefined ? undefined : found && hex(found)).toBe(expected.get(text))
          expect(optionalHex(table.ceilingKey(probe))).toBe(sorted.find(each => each >= text))
          expect(optionalHex(table.higherKey(probe))).toBe(sorted.find(each => each > text))
          expect(optionalHex(table.lowerKey(probe))).toBe(sorted.findLast(each => each < text))
        }
        expect(optionalHex(table.lowerKey(undefined))).toBe(sorted.at(-1))
      }),
      { numRuns: 300 },
    )
  })

  test('what it hands out does not change with later writes', () => {
    const table = new ByteTable(0)
    table.put(Buffer.from('k'), Buffer.from('first'))
    const first = table.get(Buffer.from('k'))
    table.put(Buffer.from('k'), Buffer.from('other'))
    expect(String(first)).toBe('first')
    expect(String(table.get(Buffer.from('k')))).toBe('other')
  })

  test('keeps entries larger than a slab', () => {
    const table = new ByteTable(0)
    const large = Buffer.alloc(3 * 1024 * 1024, 7)
    table.put(Buffer.from('large'), large)
    table.put(Buffer.from('small'), Buffer.from('s'))
    expect(table.get(Buffer.from('large'))?.equals(large)).toBe(true)
    expect(String(table.get(Buffer.from('small')))).toBe('s')
  })

  test('memory follows what is kept, not what was ever written', () => {
    const table = new ByteTable(0)
    for (let length = 1; length < 2_000; length++) {
      for (let i = 0; i < 10; i++) table.put(Buffer.from([i]), Buffer.alloc(length, i))
    }
    expect(table.sizeInBytes).toBeLessThan(1024 * 1024)
    expect(table.get(Buffer.from([3]))).toEqual(Buffer.alloc(1_999, 3))
  })

  test('orders ten thousand keys that come in random order', () => {
    const table = new ByteTable(3)
    const keys = Array.from({ length: 10_000 }, (_, i) => Buffer.from(String((i * 7_919) % 10_000)))
    for (const [i, each] of keys.entries()) {
      table.put(each, each)
      if (i === 100) table.lowerKey(undefined) // From here on each write keeps the order.
    }
    const walked: Buffer[] = []
    for (let each = table.ceilingKey(Buffer.alloc(0)); each !== undefined; each = table.higherKey(each))
      walked.push(each)
    expect(walked).toEqual([...keys].sort(compareBytes))
  })
})

function optionalHex(bytes: Buffer | undefined): string | undefined {
  return bytes && hex(bytes)
}
