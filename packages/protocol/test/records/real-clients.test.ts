import { readFileSync } from 'node:fs'
import { createCodecs } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { COMPRESSIONS } from '../../src/records/compression.ts'
import { parseControlRecord } from '../../src/records/control-records.ts'
import type { LogRecord } from '../../src/records/log-record.ts'
import { batchesOf, type RecordBatch } from '../../src/records/record-batch.ts'

const codecs = createCodecs()

function batchesIn(fixture: string): RecordBatch[] {
  return [...batchesOf(readFileSync(new URL(`fixtures/${fixture}.batches`, import.meta.url)))]
}

/** A record as text. */
function text({ offset, timestampMs, key, value, headers }: LogRecord) {
  return {
    offset,
    timestampMs,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: headers.map(header => [header.key, header.value?.toString() ?? null]),
  }
}

function rows(): string {
  let value = ''
  for (let row = 0; value.length < 100_000; row++) value += `row ${row % 977};`
  return value
}

describe.each(COMPRESSIONS)('with compression %s', compression => {
  test('a batch of the Java client is read as it was sent', () => {
    const sent = Array.from({ length: 20 }, (_, index) => ({
      offset: index,
      timestampMs: 1_700_000_000_000 + ((index * 7919) % 20) * 1000,
      key: index % 5 === 1 ? null : `key-${index}`,
      value: index % 5 === 2 ? null : `value ${index} of ${compression}`,
      headers:
        index % 5 === 3
          ? [
              ['trace', `t-${index}`],
              ['empty', ''],
              ['none', null],
              ['über', '€'],
            ]
          : [],
    }))
    const large = { offset: 20, timestampMs: 1_700_000_100_000, key: 'large', value: rows(), headers: [] }

    const [batch, ...more] = batchesIn(`java-${compression}`)
    expect(more).toEqual([])
    expect(batch!.compression).toBe(compression)
    expect(batch!.hasValidChecksum(codecs)).toBe(true)
    expect(batch!.producerId).toBeGreaterThanOrEqual(0)
    expect(batch!.baseSequence).toBe(0)
    expect(Array.from(batch!.records(codecs), text)).toEqual(compression === 'none' ? sent : [...sent, large])
  })

  test('a batch of librdkafka is read as it was sent', () => {
    const headers = [
      ['trace', 't1'],
      ['other', 'x'],
    ]
    const sent = Array.from({ length: 10 }, (_, index) => ({
      key: `key-${index}`,
      value: `value ${index} of ${compression}`,
      headers,
    }))
    const large = { key: 'large', value: rows(), headers }

    const batches = batchesIn(`kcat-${compression}`)
    const received = batches.flatMap(batch => Array.from(batch.records(codecs), text))
    expect(batches.map(batch => batch.compression)).toEqual([compression])
    expect(batches.every(batch => batch.hasValidChecksum(codecs))).toBe(true)
    expect(received.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
      compression === 'none' ? sent : [...sent, large],
    )
    expect(received.map(record => record.offset)).toEqual(received.map((_, index) => index))
  })
})

test('transactions of the Java client end in markers', () => {
  const batches = batchesIn('java-transactions')
  expect(batches.map(batch => [batch.baseOffset, batch.isTransactional, batch.isControl])).toEqual([
    [0, true, false],
    [1, true, true],
    [2, true, false],
    [3, true, true],
  ])
  const markers = batches.filter(batch => batch.isControl).flatMap(batch => [...batch.records(codecs)])
  expect(markers.map(parseControlRecord)).toEqual([
    { type: 'COMMIT', coordinatorEpoch: 0 },
    { type: 'ABORT', coordinatorEpoch: 0 },
  ])
})
