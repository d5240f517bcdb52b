import type { SeededRandom } from '@millrace/platform'

const MOST_MUTATIONS = 4
const LENGTHS = [-1, 0, 1, 0x7f, 0x80, 0x7fff, 0x7fff_ffff, -0x8000_0000]

/** A copy of `bytes` with a few things wrong. */
export function mutated(bytes: Uint8Array, random: SeededRandom): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let left = random.between(1, MOST_MUTATIONS); left > 0; left--) result = mutateOnce(result, random)
  return result
}

function mutateOnce(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.integer(bytes.length)
  switch (random.pick(['bit', 'byte', 'length', 'cut', 'grow', 'repeat', 'zeros'] as const)) {
    case 'bit':
      if (bytes.length > 0) bytes[at]! ^= 1 << random.integer(8)
      return bytes
    case 'byte':
      if (bytes.length > 0) bytes[at] = random.integer(256)
      return bytes
    case 'length':
      if (at + 4 <= bytes.length) bytes.writeInt32BE(random.pick(LENGTHS), at)
      return bytes
    case 'cut':
      return bytes.subarray(0, at)
    case 'grow':
      return Buffer.concat([bytes.subarray(0, at), random.bytes(random.integer(20)), bytes.subarray(at)])
    case 'repeat':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 30), at), bytes.subarray(at)])
    case 'zeros':
      bytes.fill(0, at, Math.min(bytes.length, at + random.integer(16)))
      return bytes
  }
}
