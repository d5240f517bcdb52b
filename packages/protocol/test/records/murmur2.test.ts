import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { murmur2, partitionForKey } from '../../src/records/murmur2.ts'

const hashesOfJava: number[] = JSON.parse(readFileSync(new URL('fixtures/murmur2.json', import.meta.url), 'utf8'))

/** The keys of `fixtures/murmur2.json`: every length from 0 to 64. */
function keyOf(index: number): Buffer {
  return createHash('sha512')
    .update(String(index))
    .digest()
    .subarray(0, index % 65)
}

test('hashes 1 000 keys as Java does', () => {
  expect(hashesOfJava.length).toBe(1000)
  expect(hashesOfJava.map((_, index) => murmur2(keyOf(index)))).toEqual(hashesOfJava)
})

test('a key goes to the partition Java puts it in, whatever the sign of its hash', () => {
  for (const [index, hash] of hashesOfJava.entries())
    expect(partitionForKey(keyOf(index), 7)).toBe(Number(BigInt.asUintN(31, BigInt(hash)) % 7n))
})
