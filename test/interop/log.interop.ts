/**
 * A data directory with everything in it that a broker writes, read by Kafka's own `kafka-dump-log`: no error, the same
 * records, the same aborted transactions, the same producers. `npm run interop:kafka` says where the tool is.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  dumpedText,
  dumpFile,
  LOG_CONFIG,
  LogManager,
  type PartitionLog,
  resolveTopicConfig,
  type TopicConfig,
} from '@millrace/broker'
import { realPlatform, SeededRandom } from '@millrace/platform'
import { batchesOf, COMPRESSIONS, parseConfig, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const runKafka = process.env.MILLRACE_RUN_KAFKA
if (runKafka === undefined) throw new Error('MILLRACE_RUN_KAFKA names no script: use npm run interop:kafka')

const platform = realPlatform()
const BATCHES = 400
const PRODUCERS = 5

const SETTINGS: Readonly<Record<string, Partial<TopicConfig>>> = {
  plain: {},
  stamped: { 'message.timestamp.type': 'LogAppendTime' },
  recompressed: { 'compression.type': 'zstd' },
  short: { 'retention.bytes': 20_000 },
  cut: {},
}

let directory: string
/** Batches of each topic, as a reader gets them. */
const contents = new Map<string, readonly RecordBatch[]>()
let dumped: ReadonlyMap<string, readonly string[]>

async function openLogs(): Promise<LogManager> {
  const config = parseConfig(LOG_CONFIG, { 'log.dirs': directory })
  const logs = await LogManager.open(platform, config)
  await logs.openAll(
    Object.entries(SETTINGS).map(([topic, settings], index) => ({
      topic,
      topicId: Buffer.alloc(16, index + 1).toString('base64url'),
      partition: 0,
      config: {
        ...resolveTopicConfig(new Map(), config),
        'segment.bytes': 8_000,
        'index.interval.bytes': 500,
        'file.delete.delay.ms': 0,
        ...settings,
      },
    })),
  )
  return logs
}

/** Producers with plain and transactional batches of every codec, some of which are rolled back. */
class Producers {
  private readonly sequences = new Array<number>(PRODUCERS).fill(0)
  private readonly open = new Set<number>()
  constructor(private readonly random: SeededRandom) {}

  appendTo(log: PartitionLog): void {
    const { random } = this
    const nowMs = platform.clock.nowMs()
    const producerId = random.integer(PRODUCERS)
    if (this.open.has(producerId) && random.chance(0.3)) {
      const verdict = random.chance(0.5) ? 'abort' : 'commit'
      log.appendMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, verdict }, nowMs)
      this.open.delete(producerId)
      return
    }
    const transactional = producerId % 2 === 0
    if (transactional) this.open.add(producerId)
    const count = 1 + random.integer(5)
    const stamp = { producerId, producerEpoch: 0, baseSequence: this.sequences[producerId]! }
    const builder = new RecordBatchBuilder(
      { ...stamp, transactional, compression: random.pick(COMPRESSIONS) },
      platform.codecs,
    )
    for (let index = 0; index < count; index++)
      builder.append({
        key: Buffer.from(String(random.integer(20))),
        value: random.chance(0.1) ? null : Buffer.alloc(random.integer(200), 'x'),
        timestampMs: nowMs - random.integer(5_000),
        headers: [{ key: 'h', value: Buffer.from('v') }],
      })
    log.append(new RecordBatch(builder.build()), nowMs)
    this.sequences[producerId]! += count
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-dumped-'))
  const producers = new Map(Object.keys(SETTINGS).map((topic, seed) => [topic, new Producers(new SeededRandom(seed))]))
  const fill = async (logs: LogManager) => {
    for (const log of logs.logs()) {
      for (let batch = 0; batch < BATCHES; batch++) producers.get(log.topic)!.appendTo(log)
      await log.synced(log.logEndOffset)
    }
  }
  let logs = await openLogs()
  await fill(logs)
  logs.halt()
  logs = await openLogs()
  await fill(logs)
  const cut = logs.get('cut', 0)!
  await cut.deleteRecordsBefore(Math.floor(cut.logEndOffset / 2))
  await logs.get('short', 0)!.deleteOldSegments(platform.clock.nowMs())
  await logs.close()
  logs = await openLogs()
  for (const log of logs.logs()) contents.set(log.topic, await contentOf(log))
  await logs.close()
  dumped = dump(
    Object.keys(SETTINGS).flatMap(topic => {
      const path = join(directory, `${topic}-0`)
      return readdirSync(path)
        .filter(name => /^\d{20}\./.test(name))
        .map(name => join(path, name))
    }),
  )
}, 120_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function contentOf(log: PartitionLog): Promise<readonly RecordBatch[]> {
  const batches: RecordBatch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset = batches.at(-1)!.nextOffset) {
    const { chunks } = await log.read(offset, 1 << 20, { isolation: 'read_uncommitted', minOneBatch: true })
    for (const chunk of chunks) batches.push(...batchesOf(Buffer.from(chunk)))
  }
  return batches
}

/** What the tool prints for each file, by path. */
function dump(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const args = ['tool', 'dump-log', '--deep-iteration', '--files', files.join(',')]
  const { status, stdout, stderr } = spawnSync(runKafka!, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  expect(status, stderr).toBe(0)
  const sections = stdout.split(/^Dumping /m).slice(1)
  return new Map(sections.map(section => [section.split('\n', 1)[0]!, section.split('\n').slice(1)]))
}

/** The lines for the files of a topic, in the order of their names. */
function linesOf(topic: string, ...endings: readonly string[]): readonly string[] {
  const own = [...dumped].filter(
    ([path]) => path.includes(`/${topic}-0/`) && endings.some(ending => path.endsWith(ending)),
  )
  expect(own.length).toBeGreaterThan(0)
  return own.flatMap(([, lines]) => lines)
}

function numberIn(line: string, field: string): number {
  return Number(new RegExp(`\\b${field}: (-?\\d+)`).exec(line)![1])
}

const COMPLAINTS = /mismatch|found|out of order|invalid|error|exception/i

describe.each(Object.keys(SETTINGS))("Kafka's tool reads %s", topic => {
  test('records, each of which is valid', () => {
    const lines = linesOf(topic, '.log')
    const batches = lines.filter(line => line.startsWith('baseOffset:'))
    expect(batches.filter(line => !line.includes('isvalid: true'))).toEqual([])
    expect(lines.filter(line => !/^(baseOffset:|\| offset:)/.test(line) && COMPLAINTS.test(line))).toEqual([])
    const ours = contents.get(topic)!
    const baseOffsets = batches.map(line => numberIn(line, 'baseOffset'))
    expect(baseOffsets.slice(-ours.length)).toEqual(ours.map(batch => batch.baseOffset))
    const recordCount = lines.filter(line => line.startsWith('| offset:')).length
    expect(recordCount).toBe(batches.reduce((sum, line) => sum + numberIn(line, 'count'), 0))
  })

  test('indexes, which agree with the records', () => {
    const lines = linesOf(topic, '.index', '.timeindex')
    expect(lines.filter(line => COMPLAINTS.test(line))).toEqual([])
    expect(lines.some(line => line.startsWith('offset:'))).toBe(true)
    expect(lines.some(line => line.startsWith('timestamp:'))).toBe(true)
  })

  test('aborted transactions', () => {
    const batchAt = new Map(contents.get(topic)!.map(batch => [batch.baseOffset, batch]))
    const [firstOffset] = batchAt.keys()
    const spans = linesOf(topic, '.txnindex').filter(line => line.startsWith('version:'))
    expect(spans.length).toBeGreaterThan(0)
    for (const line of spans) {
      if (numberIn(line, 'firstOffset') < firstOffset!) continue
      const producerId = numberIn(line, 'producerId')
      expect(batchAt.get(numberIn(line, 'lastOffset'))).toMatchObject({ isControl: true, producerId })
      expect(batchAt.get(numberIn(line, 'firstOffset'))).toMatchObject({ isTransactional: true, producerId })
    }
  })

  test('producers', () => {
    const path = [...dumped.keys()].filter(each => each.includes(`/${topic}-0/`) && each.endsWith('.snapshot')).at(-1)!
    const lines = dumped.get(path)!.filter(line => line.startsWith('producerId:'))
    expect(lines.map(line => numberIn(line, 'producerId')).sort()).toEqual(producerIdsOf(contents.get(topic)!))
    for (const line of lines) {
      const last = contents
        .get(topic)!
        .findLast(batch => batch.producerId === numberIn(line, 'producerId') && !batch.isControl)!
      expect(numberIn(line, 'lastSequence')).toBe(last.lastSequence)
      expect(numberIn(line, 'lastOffset')).toBe(last.lastOffset)
    }
  })
})

test("our own dump-log prints what Kafka's tool prints", async () => {
  for (const [path, lines] of dumped) {
    const ours: string[] = []
    await dumpFile(platform, path, { isDeep: true }, found => {
      ours.push(dumpedText(found, { skipRecordMetadata: false }))
    })
    expect([...ours.slice(1), '']).toEqual(lines)
  }
})

function producerIdsOf(batches: readonly RecordBatch[]): number[] {
  return [...new Set(batches.map(batch => batch.producerId))].sort()
}
