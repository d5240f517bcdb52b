import { createCodecs, DecompressionError } from '@millrace/platform'
import {
  ATTRIBUTES_AT,
  batchesOf,
  CHECKSUM_AT,
  COMPRESSIONS,
  CorruptBatchError,
  inspectRecords,
  type RecordBatch,
  validateProducedBatch,
} from '@millrace/protocol'
import { mutated } from '../fuzz/mutate.ts'
import { sampleBatch } from '../fuzz/sample-batches.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const codecs = createCodecs()
const LONGEST_MS = 1_000
const MOST_BYTES = 1 << 20

export const batchFuzz: Trial = {
  name: 'batch-fuzz',
  promise:
    'Broken record batches and broken gzip, snappy, lz4 and zstd data are refused with the error that says so: nothing else is thrown, nothing takes a second; what the checksum covers is never read with a bit changed',
  unit: 'batches',
  ciCount: 100_000,
  goalCount: 1_000_000,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  let refused = 0
  const attempt = (what: string, bytes: Buffer, read: () => void) => {
    const startMs = performance.now()
    try {
      read()
    } catch (error) {
      if (error instanceof CorruptBatchError || error instanceof DecompressionError) refused++
      else problems.push(`${what}: ${error instanceof Error ? error.stack : error}; ${bytes.toString('hex')}`)
    }
    const tookMs = performance.now() - startMs
    if (tookMs > LONGEST_MS) problems.push(`${what} took ${tookMs} ms: ${bytes.toString('hex')}`)
  }
  for (let done = 0; done < count; done++) {
    const original = sampleBatch(random)
    const broken = mutated(original, random)
    attempt('a produced batch', broken, () => {
      const { batch } = validateProducedBatch(broken, codecs)
      if (batch === null) refused++
      else if (!isAsWritten(batch, original)) problems.push(`a changed batch was accepted: ${broken.toString('hex')}`)
    })
    const signed = withChecksum(broken)
    attempt('a signed batch', signed, () => {
      const { batch } = validateProducedBatch(signed, codecs)
      if (batch !== null) inspectRecords(batch, codecs, MOST_BYTES)
    })
    attempt('batches of a fetch', signed, () => {
      for (const batch of batchesOf(signed)) for (const record of batch.records(codecs, MOST_BYTES)) void record.headers
    })
    const codec = COMPRESSIONS[1 + (done % (COMPRESSIONS.length - 1))]!
    if (codec === 'none') throw new Error('not a codec')
    const data = mutated(codecs.compress(codec, original), random)
    attempt(codec, data, () => void codecs.decompress(codec, data, MOST_BYTES))
    if (done % 5_000 === 0) progress(`${done} of ${count} batches, ${problems.length} problems`)
  }
  return { problems, figures: { refused } }
}

/** Only base offset and leader epoch lie outside of the checksum, and a mutation may leave all as it was. */
function isAsWritten(batch: RecordBatch, original: Buffer): boolean {
  return batch.bytes.subarray(CHECKSUM_AT).equals(original.subarray(CHECKSUM_AT))
}

/** With the right checksum, if it is long enough to have one: the decoders behind it get to see it. */
function withChecksum(bytes: Buffer): Buffer {
  const signed = Buffer.from(bytes)
  if (signed.length > ATTRIBUTES_AT)
    signed.writeUInt32BE(codecs.crc32c(signed, ATTRIBUTES_AT, signed.length), CHECKSUM_AT)
  return signed
}
