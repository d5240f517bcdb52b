import type { SeededRandom } from '@millrace/platform'
import {
  defaultOf,
  type Field,
  type Fields,
  includesVersion,
  type Message,
  parseVersions,
  type WireShape,
} from '@millrace/protocol'

const MOST_ELEMENTS = 3
const DEFAULT_SHARE = 0.2
const NULL_SHARE = 0.15
/** One string in so many is one that the broker knows, so that requests get further than to its "unknown". */
const KNOWN_SHARE = 0.6
const ODD_STRINGS = [
  '',
  '__proto__',
  'constructor',
  '__consumer_offsets',
  '__transaction_state',
  '..',
  'a/b',
  '\u0000',
  'x'.repeat(300),
  '𝔘n',
]
const EDGES = [
  0,
  1,
  -1,
  2,
  7,
  127,
  -128,
  255,
  32_767,
  -32_768,
  65_535,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 53,
  -(2 ** 63),
]
const BITS = { int8: 8, int16: 16, int32: 32, int64: 64, uint16: 16, uint32: 32, uvarint: 32 } as const

/** What messages may name or carry. */
export interface Vocabulary {
  readonly names: readonly string[]
  records(random: SeededRandom): Buffer
}

/** A value that `encode` takes for this version: mostly small and known things, some at the edges. */
export function randomMessage<In>(
  message: Message<unknown, In>,
  version: number,
  vocabulary: Vocabulary,
  random: SeededRandom,
): In {
  return new RandomMessage(version, vocabulary, random).struct(message.fields) as In
}

class RandomMessage {
  constructor(
    private readonly version: number,
    private readonly vocabulary: Vocabulary,
    private readonly random: SeededRandom,
  ) {}

  struct(fields: Fields): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    for (const [name, field] of Object.entries(fields)) value[name] = this.field(field)
    return value
  }

  private field(field: Field): unknown {
    const isPresent = includesVersion(parseVersions(field.versions), this.version)
    return !isPresent || this.random.chance(DEFAULT_SHARE) ? defaultOf(field) : this.value(field.type.shape)
  }

  private value(shape: WireShape): unknown {
    const { random } = this
    switch (shape.kind) {
      case 'nullable':
        return includesVersion(shape.versions, this.version) && random.chance(NULL_SHARE) ? null : this.value(shape.of)
      case 'array':
        return Array.from({ length: random.integer(MOST_ELEMENTS + 1) }, () => this.value(shape.of))
      case 'struct':
        return this.struct(shape.fields)
      case 'bool':
        return random.chance(0.5)
      case 'int8':
      case 'int16':
      case 'int32':
      case 'int64':
        return this.integer(-(2 ** (BITS[shape.kind] - 1)), 2 ** (BITS[shape.kind] - 1) - 1)
      case 'uint16':
      case 'uint32':
      case 'uvarint':
        return this.integer(0, 2 ** BITS[shape.kind] - 1)
      case 'bigint64':
        return BigInt(random.integer(1_000))
      case 'float64':
        return random.next() * 1_000
      case 'string':
        return random.pick(random.chance(KNOWN_SHARE) ? this.vocabulary.names : ODD_STRINGS)
      case 'uuid':
        return Buffer.from(random.bytes(16)).toString('base64url')
      case 'bytes':
        return Buffer.from(random.bytes(random.integer(40)))
      case 'records':
        return random.chance(NULL_SHARE) ? null : this.vocabulary.records(random)
    }
  }

  private integer(min: number, max: number): number {
    const { random } = this
    const drawn = random.chance(0.5) ? random.integer(4) : random.pick(EDGES)
    return Math.min(max, Math.max(min, drawn))
  }
}
