import { describe, expect, test } from 'vitest'
import { restoreStart } from '../../src/runtime/restore-start.ts'

const DAY_MS = 86_400_000
const extent = { topicId: 'id', logStartOffset: 10, logEndOffset: 50 }
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
    expect(restoreStart(position, 1_000, extent, 2_000)).toMatchObject(expected)
  })

  test('state older than the tombstones starts over, unless nothing was written since', () => {
    expect(restoreStart(at(20), 0, extent, DAY_MS)).toMatchObject({ kind: 'continue' })
    expect(restoreStart(at(20), 0, extent, DAY_MS + 1)).toMatchObject({ kind: 'start-over' })
    expect(restoreStart(at(50), 0, extent, 100 * DAY_MS)).toMatchObject({ kind: 'continue' })
  })
})
