/**
 * Question: what do record batches cost before any I/O: reading, building, checksums, compression, hashing keys?
 * Fixed: a batch of 500 records, keys of 10 B, values of 100 B, no headers, all timestamps different.
 */
import assert from 'node:assert/strict'
import { createCodecs } from '@millrace/platform'
import { COMPRESSIONS, murmur2, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import kafkajsMurmur2 from 'kafkajs/src/producer/partitioners/default/murmur2.js'
import KafkajsDecoder from 'kafkajs/src/protocol/decoder.js'
import kafkajsCrc32c from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import encodeKafkajsRecord from 'kafkajs/src/protocol/recordBatch/record/v0/index.js'
import decodeKafkajsBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import kafkajsBatch from 'kafkajs/src/protocol/recordBatch/v0/index.js'
import type { Benchmark } from './harness.ts'

const RECORDS = 500
const KAFKAJS = 'kafkajs 2.2.4'
const START_MS = 1_700_000_000_000

const codecs = createCodecs()
const records = Array.from({ length: RECORDS }, (_, index) => ({
  key: Buffer.from(`key-${index}`.padEnd(10, '.')),
  value: Buffer.from(
    `{"id":${index},"customer":"customer ${(index * 7919) % 1000}","amount":${index * 31}}`.padEnd(100, ' '),
  ),
  timestampMs: START_MS + index,
}))

function build(): Buffer {
  const builder = new RecordBatchBuilder({}, codecs)
  for (const record of records) builder.append(record)
  return builder.build()
}

async function buildWithKafkajs(): Promise<Buffer> {
  const encoded = records.map(({ key, value, timestampMs }, offsetDelta) =>
    encodeKafkajsRecord({ offsetDelta, timestampDelta: timestampMs - START_MS, key, value }),
  )
  const timestamps = { firstTimestamp: START_MS, maxTimestamp: START_MS + RECORDS - 1 }
  const batch = await kafkajsBatch.RecordBatch({ ...timestamps, lastOffsetDelta: RECORDS - 1, records: encoded })
  return batch.buffer
}

export const benchmark: Benchmark = {
  name: 'codec',
  async run(context) {
    const bytes = build()
    const batch = new RecordBatch(bytes)
    assert.equal(batch.hasValidChecksum(codecs), true)
    const read = Array.from(batch.records(codecs), ({ key, value }) => `${key}=${value}`)
    assert.deepEqual(
      read,
      records.map(({ key, value }) => `${key}=${value}`),
    )
    const readByKafkajs = await decodeKafkajsBatch(new KafkajsDecoder(bytes))
    assert.deepEqual(
      readByKafkajs.records.map(({ key, value }) => `${key}=${value}`),
      read,
    )
    assert.equal([...new RecordBatch(await buildWithKafkajs()).records(codecs)].length, RECORDS)

    let sink = 0
    await context.measureRate({
      case: 'walk 500 × 100 B: offsets, timestamps, key and value lengths',
      unit: 'records/s',
      unitsPerCall: RECORDS,
      run: () => {
        const cursor = batch.cursor(codecs)
        while (cursor.advance()) sink += cursor.offset + cursor.timestampMs + cursor.keyBytes + cursor.valueBytes
      },
    })
    await context.measureRate({
      case: 'decode 500 × 100 B: key and value views',
      unit: 'records/s',
      unitsPerCall: RECORDS,
      run: () => {
        const cursor = batch.cursor(codecs)
        while (cursor.advance()) sink += cursor.key!.length + cursor.value!.length
      },
    })
    await context.measureRate({
      case: 'decode 500 × 100 B: an object per record, checksum, key, value and headers',
      unit: 'records/s',
      unitsPerCall: RECORDS,
      run: () => {
        if (!batch.hasValidChecksum(codecs)) throw new Error('wrong checksum')
        for (const record of batch.records(codecs))
          sink += record.key!.length + record.value!.length + record.headers.length
      },
      peer: { name: KAFKAJS, run: () => decodeKafkajsBatch(new KafkajsDecoder(bytes)) },
    })
    await context.measureRate({
      case: 'build 500 × 100 B',
      unit: 'records/s',
      unitsPerCall: RECORDS,
      run: () => build(),
      peer: { name: KAFKAJS, run: () => buildWithKafkajs() },
    })

    const sixteenKb = bytes.subarray(0, 16_384)
    for (const [name, part] of [
      ['100 B', bytes.subarray(0, 100)],
      ['16 KB', sixteenKb],
    ] as const) {
      assert.equal(codecs.crc32c(part, 0, part.length), kafkajsCrc32c(part) >>> 0)
      await context.measureRate({
        case: `crc32c of ${name}`,
        unit: 'MB/s',
        unitsPerCall: part.length / 1e6,
        run: () => codecs.crc32c(part, 0, part.length),
        peer: { name: KAFKAJS, run: () => kafkajsCrc32c(part) },
      })
    }

    for (const codec of COMPRESSIONS) {
      if (codec === 'none') continue
      const compressed = codecs.compress(codec, sixteenKb)
      assert.equal(Buffer.compare(codecs.decompress(codec, compressed, sixteenKb.length), sixteenKb), 0)
      const unitsPerCall = sixteenKb.length / 1e6
      const unit = 'MB/s'
      await context.measureRate({
        case: `compress 16 KB with ${codec}`,
        unit,
        unitsPerCall,
        run: () => codecs.compress(codec, sixteenKb),
      })
      await context.measureRate({
        case: `decompress 16 KB with ${codec}`,
        unit,
        unitsPerCall,
        run: () => codecs.decompress(codec, compressed, sixteenKb.length),
      })
    }

    const { key } = records[0]!
    assert.equal(murmur2(key), kafkajsMurmur2(key))
    await context.measureRate({
      case: 'murmur2 of 500 keys of 10 B',
      unit: 'keys/s',
      unitsPerCall: RECORDS,
      run: () => {
        for (const record of records) sink += murmur2(record.key)
      },
      peer: {
        name: KAFKAJS,
        run: () => {
          for (const record of records) sink += kafkajsMurmur2(record.key)
        },
      },
    })
    assert.ok(Number.isFinite(sink))
  },
}
