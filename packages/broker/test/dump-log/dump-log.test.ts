/**
 * `kafka-data` was written by a broker of Apache Kafka 4.3.1 (all codecs, headers, aborted and open transactions, two
 * cleanings, LogAppendTime, its internal topics), `kafka-dump-log` is what its own tool printed of it.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError, realPlatform } from '@millrace/platform'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type DumpOptions, dumpFile, filesToDump } from '../../src/dump-log/dump-log.ts'
import type { Dumped } from '../../src/dump-log/dumped.ts'
import { dumpedText } from '../../src/dump-log/dumped-text.ts'
import type { RecordDecoder } from '../../src/dump-log/record-content.ts'

const platform = realPlatform()
const KAFKA_DATA = join(import.meta.dirname, 'kafka-data')
const KAFKA_OUTPUT = join(import.meta.dirname, 'kafka-dump-log')

async function dump(path: string, options: DumpOptions = {}): Promise<Dumped[]> {
  const found: Dumped[] = []
  await dumpFile(platform, path, options, dumped => found.push(dumped))
  return found
}

async function textOf(paths: readonly string[], options: DumpOptions): Promise<string> {
  let text = ''
  for (const path of paths)
    for (const dumped of await dump(path, options)) text += `${dumpedText(dumped, { skipRecordMetadata: false })}\n`
  return text
}

function decoderFor(name: string): RecordDecoder {
  if (name.startsWith('__consumer_offsets')) return 'offsets'
  if (name.startsWith('__transaction_state')) return 'transaction-log'
  return name.startsWith('__cluster_metadata') || name.startsWith('bootstrap') ? 'cluster-metadata' : 'text'
}

test.each(readdirSync(KAFKA_OUTPUT).map(file => file.replace(/\.txt$/, '')))(
  '%s is shown as kafka-dump-log shows it',
  async name => {
    const paths = filesToDump(platform.files, join(KAFKA_DATA, name)).filter(path => /\.[a-z]*$/.test(path))
    const shown = paths.filter(path => !path.endsWith('.metadata'))
    const text = await textOf(shown, { decoder: decoderFor(name) })
    expect(text.replaceAll(`${KAFKA_DATA}/`, '')).toBe(readFileSync(join(KAFKA_OUTPUT, `${name}.txt`), 'utf8'))
  },
)

test('everything Kafka leaves in a data directory can be shown and is in order', async () => {
  const paths = filesToDump(platform.files, KAFKA_DATA)
  expect(paths.length).toBeGreaterThan(40)
  const found = (await Promise.all(paths.map(path => dump(path, { isDeep: true })))).flat()
  expect(found.filter(({ kind }) => kind === 'problem' || kind === 'note' || kind === 'trailing-bytes')).toEqual([])
})

describe('options', () => {
  const index = join(KAFKA_DATA, 'all-codecs-0/00000000000000000000.index')

  test('indexes alone, or only whether a broker would trust them', async () => {
    expect((await dump(index)).map(({ kind }) => kind)).toContain('offset-index-entry')
    expect(await dump(index, { isIndexVerifyOnly: true })).toEqual([{ kind: 'file', path: index }])
    expect((await dump(index, { isIndexSanityOnly: true })).at(-1)).toEqual({ kind: 'sane-index', path: index })
  })

  test('records alone', async () => {
    const log = join(KAFKA_DATA, 'compacted-0/00000000000000000903.log')
    const records = (await dump(log, { decoder: 'text' })).filter(({ kind }) => kind === 'record')
    expect(dumpedText(records[0]!, { skipRecordMetadata: true })).toBe('| key: k0')
  })

  test('no more of a log than was asked for, which is no damage', async () => {
    const log = join(KAFKA_DATA, 'all-codecs-0/00000000000000000000.log')
    const found = await dump(log, { maxBytes: 5_000 })
    expect(found.filter(({ kind }) => kind === 'batch').length).toBeLessThan(5)
    expect(found.every(({ kind }) => kind !== 'trailing-bytes')).toBe(true)
  })
})

describe('damage is told', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dump-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  beforeEach(() => cpSync(KAFKA_DATA, directory, { recursive: true }))

  function patch(file: string, change: (bytes: Buffer) => Buffer): string {
    const path = join(directory, file)
    writeFileSync(path, change(readFileSync(path)))
    return path
  }
  function flip(at: number): (bytes: Buffer) => Buffer {
    return bytes => {
      bytes[at] = bytes[at]! ^ 0xff
      return bytes
    }
  }
  const appended = (text: string) => (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(text)])
  const problemsOf = (found: readonly Dumped[]) =>
    found.flatMap(dumped => (dumped.kind === 'problem' ? [dumped.text.replaceAll(`${directory}/`, '')] : []))

  const TABLE: readonly { what: string; file: string; change: (bytes: Buffer) => Buffer; problem: RegExp }[] = [
    {
      what: 'a byte of a record',
      file: 'transactions-0/00000000000000000000.log',
      change: flip(100),
      problem: /^batch at position 0: the checksum does not match its bytes$/,
    },
    {
      what: 'the size of a batch in the middle',
      file: 'transactions-0/00000000000000000000.log',
      change: flip(191 + 9),
      problem: /\.log: \d+ bytes at position 191 are no record batch$/,
    },
    {
      what: 'an index entry',
      file: 'all-codecs-0/00000000000000000000.index',
      change: flip(7),
      problem: /^Mismatches in :.*\n {2}Index offset: \d+, log offset: /,
    },
    {
      what: 'half an index entry',
      file: 'all-codecs-0/00000000000000000000.index',
      change: bytes => bytes.subarray(0, -3),
      problem: /index: \d+ bytes are no whole entries$/,
    },
    {
      what: 'a timestamp of the time index',
      file: 'all-codecs-0/00000000000000000000.timeindex',
      change: flip(7),
      problem: /^Found timestamp mismatch in :.*\n {2}Index timestamp: \d+, log timestamp: \d+$/m,
    },
    {
      what: 'an offset of the time index',
      file: 'all-codecs-0/00000000000000000000.timeindex',
      change: flip(11),
      problem: /^The following indexed offsets are not found in the log\./,
    },
    {
      what: 'half an entry of the transaction index',
      file: 'transactions-0/00000000000000000000.txnindex',
      change: bytes => bytes.subarray(0, -1),
      problem: /txnindex: 101 bytes are no whole entries$/,
    },
    {
      what: 'a producer snapshot',
      file: 'transactions-0/00000000000000000067.snapshot',
      change: flip(40),
      problem: /snapshot: the checksum does not match, or its version is not known$/,
    },
    {
      what: 'a checkpoint',
      file: 'transactions-0/leader-epoch-checkpoint',
      change: appended('x'),
      problem: /leader-epoch-checkpoint: expected lines of two numbers$/,
    },
    {
      what: 'the metadata of a partition',
      file: 'transactions-0/partition.metadata',
      change: appended('x'),
      problem: /partition\.metadata: expected a version and a topic id$/,
    },
  ]

  test.each(TABLE)('$what', async ({ file, change, problem }) => {
    expect(problemsOf(await dump(patch(file, change), { isDeep: true })).join('\n---\n')).toMatch(problem)
  })

  test('batches behind a damaged one are shown', async () => {
    const path = patch('transactions-0/00000000000000000000.log', flip(191 + 9))
    const offsetsOf = (found: readonly Dumped[]) =>
      found.flatMap(dumped => (dumped.kind === 'batch' ? [dumped.baseOffset] : []))
    const whole = offsetsOf(await dump(join(KAFKA_DATA, 'transactions-0/00000000000000000000.log')))
    expect(offsetsOf(await dump(path))).toEqual([whole[0], ...whole.slice(2)])
  })

  test('a torn end', async () => {
    const path = join(directory, 'transactions-0/00000000000000000000.log')
    truncateSync(path, 1_000)
    expect((await dump(path)).at(-1)).toMatchObject({ kind: 'trailing-bytes', file: '00000000000000000000.log' })
  })

  test('an index whose log is gone', async () => {
    rmSync(join(directory, 'all-codecs-0/00000000000000000000.log'))
    await expect(dump(join(directory, 'all-codecs-0/00000000000000000000.index'))).rejects.toThrow('ENOENT')
  })

  test('a file of another kind is passed over', async () => {
    const path = join(directory, 'notes.txt')
    writeFileSync(path, 'x')
    expect((await dump(path)).at(-1)).toEqual({ kind: 'note', text: `Ignoring unknown file ${path}` })
  })

  test('whatever the bytes are, the dump comes to its end', async () => {
    const paths = filesToDump(platform.files, KAFKA_DATA)
    const decoders: readonly RecordDecoder[] = ['text', 'offsets', 'transaction-log', 'cluster-metadata']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom(...decoders),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
        async (path, decoder, changes) => {
          const bytes = readFileSync(path)
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          const damaged = join(directory, path.slice(KAFKA_DATA.length))
          writeFileSync(damaged, bytes)
          try {
            for (const dumped of await dump(damaged, { decoder })) dumpedText(dumped, { skipRecordMetadata: true })
          } catch (error) {
            expect(error).toBeInstanceOf(FileError)
          } finally {
            writeFileSync(damaged, readFileSync(path))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
