import { createCodecs, type SeededRandom } from '@millrace/platform'
import { COMPRESSIONS, RecordBatchBuilder } from '@millrace/protocol'

const codecs = createCodecs()
const MOST_RECORDS = 12
const LONGEST_VALUE_BYTES = 300

/** A valid batch of any kind that a producer may send. */
export function sampleBatch(random: SeededRandom): Buffer {
  const isIdempotent = random.chance(0.5)
  const producer = { producerId: random.integer(5), producerEpoch: 0, baseSequence: random.integer(10) }
  const builder = new RecordBatchBuilder(
    {
      compression: random.pick(COMPRESSIONS),
      ...(isIdempotent ? { ...producer, transactional: random.chance(0.3) } : {}),
    },
    codecs,
  )
  for (let left = random.between(1, MOST_RECORDS); left > 0; left--) {
    const headers = Array.from({ length: random.integer(3) }, (_, index) => ({
      key: `h${index}`,
      value: random.bytes(3),
    }))
    builder.append({
      key: random.chance(0.3) ? null : Buffer.from(`k${random.integer(9)}`),
      value: random.chance(0.1) ? null : Buffer.alloc(random.integer(LONGEST_VALUE_BYTES), 97 + random.integer(26)),
      headers,
      timestampMs: 1_700_000_000_000 + random.integer(1_000_000),
    })
  }
  return builder.build()
}
