import { describe, expect, test } from 'vitest'
import { restoreStart } from '../../src/runtime/restore-start.ts'

const DAY_MS = 86_400_000
const extent = { topicId: 'id', logStartOffset: 10, logEndOffset: 50 }
const KEY_VALUE = { rows: 'key-value', values: 'timestamped', segmentMs: null } as const
const WINDOW = { rows: 'window', values: 'timestamped', segmentMs: 60_000 } as const
const at = (offset: number, topicId: string | null = 'id') => ({ topic: 'changelog', topicId, partition: 0, offset })

describe('restoreStart', () => {
  test.each([
    { name: 'no local state', position: undefined, expected: { kind: 'from-start', offset: 10 } },
    { name: 'state in the middle of the log', position: at(20), expected: { kind: 'continue', offset: 20 } },
    { name: 'state at the end', position: at(50), expected: { kind: 'continue', offset: 50 } },
    { name: 'state at the start', position: at(10), expected: { kind: 'continue', offset: 10 } },
    { name: 'state that the log has left behind', position: at(9), expected: { kind: 'start-over', offset: 10 } },
    { name: 'state beyond the end', position: at(51), expected: { kind: 'start-over', offset: 10 } },
    { name: 'state of a deleted topic', position: at(20, 'other'), expected: { kind: 'start-over', offset: 10 } },
    { name: 'state of a topic without an id', position: at(20, null), expected: { kind: 'continue', offset: 20 } },
  ])('$name', ({ position, expected }) => {
    expect(restoreStart(position, 1_000, extent, 2_000, KEY_VALUE)).toMatchObject(expected)
  })

  test('state older than the tombstones starts over, unless nothing was written since', () => {
    expect(restoreStart(at(20), 0, extent, DAY_MS, KEY_VALUE)).toMatchObject({ kind: 'continue' })
    expect(restoreStart(at(20), 0, extent, DAY_MS + 1, KEY_VALUE)).toMatchObject({ kind: 'start-over' })
    expect(restoreStart(at(50), 0, extent, 100 * DAY_MS, KEY_VALUE)).toMatchObject({ kind: 'continue' })
  })

  test.each([
    { name: 'the same windows', stored: WINDOW, layout: WINDOW, expected: 'continue' },
    {
      name: 'windows of another retention',
      stored: { ...WINDOW, segmentMs: 90_000 },
      layout: WINDOW,
      expected: 'start-over',
    },
    {
      name: 'other values',
      stored: { ...KEY_VALUE, values: 'plain' as const },
      layout: KEY_VALUE,
      expected: 'start-over',
    },
    {
      name: 'other rows',
      stored: KEY_VALUE,
      layout: { ...KEY_VALUE, rows: 'unmatched' as const },
      expected: 'start-over',
    },
    { name: 'windows of an unknown layout', stored: undefined, layout: WINDOW, expected: 'start-over' },
    { name: 'keys of an unknown layout', stored: undefined, layout: KEY_VALUE, expected: 'continue' },
  ])('$name: $expected, also when nothing was written since', ({ stored, layout, expected }) => {
    const position = stored === undefined ? at(50) : { ...at(50), layout: stored }
    expect(restoreStart(position, 1_000, extent, 2_000, layout)).toMatchObject({ kind: expected })
  })
})
