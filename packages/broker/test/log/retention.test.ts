import { describe, expect, test } from 'vitest'
import { type RetainedSegment, type RetentionConfig, segmentsToDelete } from '../../src/log/retention.ts'

const NOW_MS = 1_000_000
const KEEP_ALL: RetentionConfig = { 'cleanup.policy': ['delete'], 'retention.bytes': -1, 'retention.ms': -1 }

/** Segments of 10 records and 100 bytes each, the newest 0 ms old and each other one 1,000 ms older than the next. */
function segments(count: number, more: (index: number) => Partial<RetainedSegment> = () => ({})): RetainedSegment[] {
  return Array.from({ length: count }, (_, index) => ({
    baseOffset: index * 10,
    sizeInBytes: 100,
    newestTimestamp: { timestampMs: NOW_MS - (count - 1 - index) * 1_000 },
    modifiedMs: NOW_MS,
    ...more(index),
  }))
}

const range = { logStartOffset: 0, logEndOffset: 50, highWatermark: 50 }

interface Row {
  readonly what: string
  readonly config?: Partial<RetentionConfig>
  readonly range?: Partial<typeof range>
  readonly nowMs?: number
  readonly deleted: number
}

const rows: readonly Row[] = [
  { what: 'all within limits', config: {}, deleted: 0 },
  { what: 'by age', config: { 'retention.ms': 2_500 }, deleted: 2 },
  { what: 'by age, exactly at the limit', config: { 'retention.ms': 3_000 }, deleted: 1 },
  { what: 'by age, the active one too', config: { 'retention.ms': 500 }, nowMs: NOW_MS + 501, deleted: 5 },
  { what: 'by size', config: { 'retention.bytes': 250 }, deleted: 2 },
  { what: 'by size, all that is needed to stay above the limit', config: { 'retention.bytes': 400 }, deleted: 1 },
  { what: 'by size, to nothing', config: { 'retention.bytes': 0 }, deleted: 5 },
  { what: 'by size and age, the stricter one', config: { 'retention.bytes': 400, 'retention.ms': 1_500 }, deleted: 3 },
  { what: 'below the start of the log', range: { logStartOffset: 25 }, deleted: 2 },
  { what: 'below a start where a segment begins', range: { logStartOffset: 30 }, deleted: 3 },
  { what: 'below a start at the end: the active one stays', range: { logStartOffset: 50 }, deleted: 4 },
  { what: 'up to the high watermark', config: { 'retention.bytes': 0 }, range: { highWatermark: 49 }, deleted: 4 },
  {
    what: 'of a compacted topic: none for its age',
    config: { 'cleanup.policy': ['compact'], 'retention.ms': 0, 'retention.bytes': 0 },
    deleted: 0,
  },
  {
    what: 'of a compacted topic: those below the start',
    config: { 'cleanup.policy': ['compact'], 'retention.ms': 0 },
    range: { logStartOffset: 10 },
    deleted: 1,
  },
  {
    what: 'of a topic that is compacted and deleted',
    config: { 'cleanup.policy': ['compact', 'delete'], 'retention.ms': 2_500 },
    deleted: 2,
  },
]

test.each(rows)('$what', ({ config = {}, nowMs = NOW_MS, deleted, ...row }) => {
  expect(segmentsToDelete(segments(5), { ...range, ...row.range }, { ...KEEP_ALL, ...config }, nowMs)).toBe(deleted)
})

describe('an active segment', () => {
  test('without records stays, whatever its age', () => {
    const log = segments(1, () => ({ sizeInBytes: 0, newestTimestamp: { timestampMs: -1 }, modifiedMs: 0 }))
    const empty = { logStartOffset: 0, logEndOffset: 0, highWatermark: 0 }
    expect(segmentsToDelete(log, empty, { ...KEEP_ALL, 'retention.ms': 0, 'retention.bytes': 0 }, NOW_MS)).toBe(0)
  })
})

test('a segment without timestamps is as old as its file', () => {
  const log = segments(5, index =>
    index === 0 ? { newestTimestamp: { timestampMs: -1 }, modifiedMs: NOW_MS - 10 } : {},
  )
  expect(segmentsToDelete(log, range, { ...KEEP_ALL, 'retention.ms': 10 }, NOW_MS)).toBe(0)
  expect(segmentsToDelete(log, range, { ...KEEP_ALL, 'retention.ms': 9 }, NOW_MS)).toBe(4)
})
