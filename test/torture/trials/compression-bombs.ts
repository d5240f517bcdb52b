import { gzipSync } from 'node:zlib'
import { Admin } from '@millrace/client'
import { createCodecs, realPlatform } from '@millrace/platform'
import {
  APIS,
  ATTRIBUTES_AT,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_OVERHEAD_BYTES,
  CHECKSUM_AT,
  COMPRESSIONS,
  type Compression,
  ErrorCode,
  RECORDS_AT,
  RecordBatchBuilder,
} from '@millrace/protocol'
import { ProtocolClient } from '../../../packages/broker/test/protocol-client.ts'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { forgetPeak, residentBytes } from '../cluster/resident-memory.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const codecs = createCodecs()
const platform = realPlatform()
/** Compaction needs the keys, so the broker has to look into what it is sent. */
const TOPIC = 'compacted'
const MOST_GROWTH_BYTES = 64 * 1024 * 1024
const LONGEST_MS = 1_000
const PRODUCE_VERSION = 9

interface Bomb {
  readonly name: string
  readonly codec: Exclude<Compression, 'none'>
  readonly data: Buffer
}

export const compressionBombs: Trial = {
  name: 'compression-bombs',
  promise:
    'Batches whose records would inflate to gigabytes, or that say so, are refused within a second and cost the broker at most 64 MiB',
  unit: 'rounds',
  ciCount: 1,
  goalCount: 2,
  run,
}

async function run({ count, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  const bombs = allBombs()
  let slowestMs = 0
  let greatestGrowthBytes = 0
  await using broker = await BrokerProcess.start()
  await using admin = new Admin({ bootstrapServers: broker.bootstrapServers })
  await admin.createTopics([{ name: TOPIC, partitions: 1, configs: { 'cleanup.policy': 'compact' } }])
  const client = await ProtocolClient.connect(platform.network, broker.port)
  await produce(client, sampleFor('gzip'))
  for (let round = 0; round < count; round++) {
    for (const { name, codec, data } of bombs) {
      const beforeBytes = residentBytes(broker.processId)
      forgetPeak(broker.processId)
      const startMs = performance.now()
      const errorCode = await produce(client, withRecords(codec, data))
      const tookMs = performance.now() - startMs
      slowestMs = Math.max(slowestMs, tookMs)
      if (errorCode === ErrorCode.NONE) problems.push(`${name} was accepted`)
      if (tookMs > LONGEST_MS) problems.push(`${name} took ${Math.round(tookMs)} ms`)
      const grownBytes = residentBytes(broker.processId, 'peak') - beforeBytes
      greatestGrowthBytes = Math.max(greatestGrowthBytes, grownBytes)
      if (grownBytes > MOST_GROWTH_BYTES) problems.push(`${name} made the broker grow by ${grownBytes} B`)
      progress(name)
    }
  }
  client.close()
  await broker.stop()
  if (broker.errors !== '') problems.push(broker.errors)
  return {
    problems,
    figures: {
      bombs: bombs.length * count,
      'slowest, ms': Math.ceil(slowestMs),
      'growth, MiB': Math.round(greatestGrowthBytes / 2 ** 20),
    },
  }
}

async function produce(client: ProtocolClient, records: Buffer): Promise<number> {
  const answer = await client.send(
    APIS.Produce,
    {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
    },
    PRODUCE_VERSION,
  )
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}

function allBombs(): Bomb[] {
  const zeros = Buffer.alloc(600 << 20)
  const small = Buffer.alloc(64 << 20)
  const honest = (codec: Bomb['codec'], name: string, data: Uint8Array): Bomb => ({
    name,
    codec,
    data: Buffer.from(data),
  })
  const bombs = [
    honest('gzip', 'gzip of 600 MiB', gzipSync(zeros, { level: 9 })),
    honest('gzip', 'gzip of gzip', gzipSync(gzipSync(zeros, { level: 9 }))),
    honest('gzip', 'many gzip members', Buffer.concat(new Array(200).fill(gzipSync(small.subarray(0, 4 << 20))))),
    honest('zstd', 'zstd of 600 MiB', codecs.compress('zstd', zeros)),
    honest('zstd', 'zstd in runs of one byte', zstdRuns(7_000)),
    honest('zstd', 'zstd that announces 2^60 bytes', zstdAnnouncing(2n ** 60n)),
    honest('lz4', 'lz4 of 64 MiB', codecs.compress('lz4', small)),
    honest('lz4', 'lz4 with a block of 2 GiB', Buffer.from('04224d186070737fffffff00', 'hex')),
    honest('snappy', 'snappy of 16 MiB', codecs.compress('snappy', small.subarray(0, 16 << 20))),
    honest('snappy', 'xerial with a chunk of 2^32 - 1 bytes', xerial(Buffer.from('ffffffff', 'hex'))),
    honest('snappy', 'xerial with a chunk of -2^31 bytes', xerial(Buffer.from('80000000', 'hex'))),
    honest('snappy', 'snappy that announces 2^32 - 1 bytes', Buffer.from('ffffffff0f00', 'hex')),
    honest('snappy', 'snappy that announces 2 GiB', Buffer.from('ffffffff0700', 'hex')),
  ]
  // Each one too with a tail that is missing, and under the name of another codec.
  const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const
  return bombs.flatMap((bomb, index) => [
    bomb,
    { ...bomb, name: `${bomb.name}, cut`, data: bomb.data.subarray(0, bomb.data.length >> 1) },
    {
      ...bomb,
      name: `${bomb.name}, under another name`,
      codec: codecNames[(codecNames.indexOf(bomb.codec) + 1 + (index % 3)) % 4]!,
    },
  ])
}

/** Magic, a frame header that announces no size, and blocks that each repeat one byte 128 KiB long. */
function zstdRuns(blockCount: number): Buffer {
  const header = Buffer.from('28b52ffd0058', 'hex')
  const blocks = Array.from({ length: blockCount }, (_, index) => {
    const block = Buffer.alloc(4)
    const isLast = index === blockCount - 1
    block.writeUIntLE(((128 << 10) << 3) | (1 << 1) | (isLast ? 1 : 0), 0, 3)
    return block
  })
  return Buffer.concat([header, ...blocks])
}

function zstdAnnouncing(sizeBytes: bigint): Buffer {
  const frame = Buffer.concat([Buffer.from('28b52ffde0', 'hex'), Buffer.alloc(8), Buffer.from('0100004100', 'hex')])
  frame.writeBigUInt64LE(sizeBytes, 5)
  return frame
}

function xerial(chunk: Buffer): Buffer {
  const header = Buffer.concat([Buffer.from([0x82]), Buffer.from('SNAPPY'), Buffer.from([0]), Buffer.alloc(8)])
  header.writeInt32BE(1, 8)
  header.writeInt32BE(1, 12)
  return Buffer.concat([header, chunk, Buffer.alloc(100)])
}

function sampleFor(compression: Compression): Buffer {
  const builder = new RecordBatchBuilder({ compression }, codecs)
  builder.append({ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1 })
  return builder.build()
}

/** A batch of one record, signed, whose compressed records are `data`. */
function withRecords(codec: Bomb['codec'], data: Buffer): Buffer {
  const batch = Buffer.concat([sampleFor('none').subarray(0, RECORDS_AT), data])
  batch.writeInt32BE(batch.length - BATCH_LENGTH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
  batch.writeInt16BE(COMPRESSIONS.indexOf(codec), ATTRIBUTES_AT)
  batch.writeUInt32BE(codecs.crc32c(batch, ATTRIBUTES_AT, batch.length), CHECKSUM_AT)
  return batch
}
