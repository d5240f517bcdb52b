import { expect, test } from 'vitest'
import {
  compactionCandidate,
  type LogState,
  type SegmentAge,
} from '../../../src/log/compaction/compaction-candidate.ts'
import { groupSegments } from '../../../src/log/compaction/segment-groups.ts'
import { topicConfig } from '../log-fixture.ts'

const NOW_MS = 100_000
const COMPACTED = topicConfig({ 'cleanup.policy': ['compact'] })

function segment(baseOffset: number, { sizeInBytes = 100, timestampMs = 1_000 } = {}): SegmentAge {
  return { baseOffset, sizeInBytes, firstTimestampMs: timestampMs, newestTimestamp: { timestampMs } }
}

/** Segments of ten offsets each, from 0 to 40; the active one begins at 40. */
function state(overrides: Partial<LogState<SegmentAge>> = {}): LogState<SegmentAge> {
  return {
    sealedSegments: [segment(0), segment(10), segment(20), segment(30)],
    sealedEndOffset: 40,
    logStartOffset: 0,
    logEndOffset: 45,
    lastStableOffset: 45,
    compactedOffset: undefined,
    config: COMPACTED,
    ...overrides,
  }
}

const withConfig = (overrides: Parameters<typeof topicConfig>[0]) => ({ config: { ...COMPACTED, ...overrides } })

test.each<[string, Partial<LogState<SegmentAge>>, readonly [number, number, number, boolean] | undefined]>([
  ['all but the active segment', {}, [0, 40, 1, true]],
  ['nothing under cleanup.policy=delete', withConfig({ 'cleanup.policy': ['delete'] }), undefined],
  ['nothing of a log of one segment', { sealedSegments: [] }, undefined],
  ['nothing that is compacted already', { compactedOffset: 40 }, undefined],
  ['segments below the last stable offset', { lastStableOffset: 25 }, [0, 20, 1, true]],
  ['nothing while the first segment is undecided', { lastStableOffset: 5 }, undefined],
  ['what is new, once it is enough', { compactedOffset: 10 }, [10, 40, 0.75, true]],
  ['not yet what is half of the log', { compactedOffset: 20 }, [20, 40, 0.5, false]],
  ['a segment again that the map of keys was full in', { compactedOffset: 35 }, [35, 40, 100 / 500, false]],
  [
    'from the start of the log where the checkpoint is before it',
    { compactedOffset: 5, logStartOffset: 12 },
    [12, 40, 300 / 500, true],
  ],
  ['from the start of the log where the checkpoint is behind its end', { compactedOffset: 50 }, [0, 40, 1, true]],
  [
    'nothing younger than min.compaction.lag.ms',
    {
      ...withConfig({ 'min.compaction.lag.ms': 5_000 }),
      sealedSegments: [segment(0), segment(10, { timestampMs: NOW_MS - 4_999 }), segment(20), segment(30)],
    },
    [0, 10, 1, true],
  ],
  [
    'what is older than max.compaction.lag.ms, though it is little',
    { ...withConfig({ 'max.compaction.lag.ms': 50_000 }), compactedOffset: 30 },
    [30, 40, 0.25, true],
  ],
  [
    'not yet what is not that old',
    { ...withConfig({ 'max.compaction.lag.ms': 99_500 }), compactedOffset: 30 },
    [30, 40, 0.25, false],
  ],
  [
    'anything where min.cleanable.dirty.ratio is 0',
    { ...withConfig({ 'min.cleanable.dirty.ratio': 0 }), compactedOffset: 30 },
    [30, 40, 0.25, true],
  ],
])('compaction looks at %s', (_, overrides, expected) => {
  const candidate = compactionCandidate(state(overrides), NOW_MS)
  expect(candidate && [candidate.dirtyOffset, candidate.endOffset, candidate.dirtyRatio, candidate.isDue]).toEqual(
    expected,
  )
})

const sized = (baseOffset: number, sizeInBytes: number, offsetIndexBytes = 8, timeIndexBytes = 12) => ({
  baseOffset,
  sizeInBytes,
  offsetIndexBytes,
  timeIndexBytes,
})

test.each([
  [
    'that fit together',
    [sized(0, 40), sized(10, 40), sized(20, 30), sized(30, 70)],
    [
      [0, 10],
      [20, 30],
    ],
  ],
  ['whose offset indexes fit together', [sized(0, 1, 60), sized(10, 1, 60)], [[0], [10]]],
  ['whose time indexes fit together', [sized(0, 1, 8, 60), sized(10, 1, 8, 60)], [[0], [10]]],
  ['whose offsets an index can hold', [sized(0, 1), sized(2 ** 31, 1)], [[0], [2 ** 31]]],
  ['that are empty, wherever they are', [sized(0, 1), sized(2 ** 31, 0)], [[0, 2 ** 31]]],
])('segments go into one %s', (_, segments, expected) => {
  const groups = groupSegments(segments, { segmentBytes: 100, indexBytes: 100, endOffset: 2 ** 31 + 10 })
  expect(groups.map(group => group.map(({ baseOffset }) => baseOffset))).toEqual(expected)
})
