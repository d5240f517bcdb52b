import { type Clock, realPlatform } from '@millrace/platform'
import { ErrorCode, type FetchRequest, ZERO_UUID } from '@millrace/protocol'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type AnsweredPartition,
  type AskedPartition,
  type FetchAnswer,
  type FetchContext,
  FetchSessions,
  MAX_SESSION_PARTITIONS,
} from '../../src/fetch/fetch-sessions.ts'

let nowMs = 0
let sessions: FetchSessions
beforeEach(() => {
  nowMs = 1_000_000
  sessions = sessionsWith(2)
})

function sessionsWith(slots: number): FetchSessions {
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  return new FetchSessions(slots, clock, realPlatform().random)
}

type Partitions = Readonly<Record<string, readonly number[]>>

function request(sessionId: number, sessionEpoch: number, asked: Partitions = {}, forgotten: Partitions = {}) {
  const wanted = (partition: number) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1_000 })
  return {
    sessionId,
    sessionEpoch,
    topics: Object.entries(asked).map(([topic, partitions]) => ({
      topic,
      topicId: ZERO_UUID,
      partitions: partitions.map(wanted),
    })),
    forgottenTopicsData: Object.entries(forgotten).map(([topic, partitions]) => ({
      topic,
      topicId: ZERO_UUID,
      partitions,
    })),
  } as unknown as FetchRequest
}

function begin(asked: FetchRequest, usesTopicIds = false): FetchContext {
  const context = sessions.begin(asked, usesTopicIds)
  if (typeof context === 'number') throw new Error(`refused with ${context}`)
  return context
}

const nameOf = ({ topic, wanted }: AskedPartition) => `${topic}-${wanted.partition}`

interface Read {
  readonly sizeInBytes?: number
  readonly highWatermark?: number
  readonly errorCode?: number
}
/** Answers with what was read, by partition; all others have nothing new. */
function answer(context: FetchContext, read: Readonly<Record<string, Read>> = {}): FetchAnswer {
  return context.answer(
    context.partitions.map((asked): AnsweredPartition => {
      const { sizeInBytes = 0, highWatermark = 0, errorCode = 0 } = read[nameOf(asked)] ?? {}
      const { partition: partitionIndex } = asked.wanted
      return {
        asked,
        answer: { partitionIndex, errorCode, highWatermark, logStartOffset: 0, abortedTransactions: null, records: [] },
        sizeInBytes,
      }
    }),
  )
}
const answered = ({ responses }: FetchAnswer) =>
  responses.flatMap(({ topic, partitions }) => partitions.map(({ partitionIndex }) => `${topic}-${partitionIndex}`))

const create = (asked: Partitions, usesTopicIds = false) => answer(begin(request(0, 0, asked), usesTopicIds)).sessionId

describe('a fetch without a session', () => {
  test('is answered whole and leaves nothing behind', () => {
    const context = begin(request(0, -1, { a: [0, 1], b: [0] }))
    expect(context.partitions.map(nameOf)).toEqual(['a-0', 'a-1', 'b-0'])
    const whole = answer(context)
    expect(whole.sessionId).toBe(0)
    expect(whole.responses.map(({ topic, partitions }) => [topic, partitions.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    expect(sessions.size).toBe(0)
  })
  test('ends the session it names', () => {
    const sessionId = create({ a: [0] })
    expect(answer(begin(request(sessionId, -1, { a: [0] }))).sessionId).toBe(0)
    expect(sessions.begin(request(sessionId, 1), false)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  })
})

describe('a session', () => {
  test('answers everything first, then only news', () => {
    const first = answer(begin(request(0, 0, { a: [0, 1], b: [0] })))
    expect(answered(first)).toEqual(['a-0', 'a-1', 'b-0'])
    expect(first.sessionId).toBeGreaterThan(0)
    const { sessionId } = first
    const second = begin(request(sessionId, 1))
    expect(second.partitions.map(nameOf)).toEqual(['a-0', 'a-1', 'b-0'])
    expect(answered(answer(second))).toEqual([])
    expect(answered(answer(begin(request(sessionId, 2)), { 'a-1': { sizeInBytes: 10, highWatermark: 1 } }))).toEqual([
      'a-1',
    ])
    // A high watermark that moved is news although there are no bytes; once told, it is none.
    const moved = { 'a-1': { highWatermark: 1 }, 'b-0': { highWatermark: 5 } }
    expect(answered(answer(begin(request(sessionId, 3)), moved))).toEqual(['b-0'])
    expect(answered(answer(begin(request(sessionId, 4)), moved))).toEqual([])
  })
  test('tells an error each time, and that it is over', () => {
    const sessionId = create({ a: [0] })
    const failing = { 'a-0': { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, highWatermark: -1 } }
    expect(answered(answer(begin(request(sessionId, 1)), failing))).toEqual(['a-0'])
    expect(answered(answer(begin(request(sessionId, 2)), failing))).toEqual(['a-0'])
    expect(answered(answer(begin(request(sessionId, 3))))).toEqual(['a-0'])
    expect(answered(answer(begin(request(sessionId, 4))))).toEqual([])
  })
  test('reads partitions that gave records after the others', () => {
    const sessionId = create({ a: [0, 1, 2] })
    const first = begin(request(sessionId, 1))
    answer(first, { 'a-0': { sizeInBytes: 1 }, 'a-1': { sizeInBytes: 1 } })
    expect(begin(request(sessionId, 2)).partitions.map(nameOf)).toEqual(['a-2', 'a-0', 'a-1'])
  })
  test('takes partitions in, changes and forgets them', () => {
    const sessionId = create({ a: [0, 1] })
    const context = begin(request(sessionId, 1, { c: [3], a: [1] }, { a: [0] }))
    expect(context.partitions.map(nameOf)).toEqual(['a-1', 'c-3'])
    expect(answered(answer(context))).toEqual(['c-3'])
  })
  test('without partitions is over', () => {
    const sessionId = create({ a: [0] })
    const context = begin(request(sessionId, 1, {}, { a: [0] }))
    expect(context.partitions).toEqual([])
    expect(answer(context).sessionId).toBe(0)
    expect(sessions.size).toBe(0)
  })
  test('is refused with another epoch, id or way to name topics', () => {
    const sessionId = create({ a: [0] })
    expect(sessions.begin(request(sessionId, 2), false)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
    expect(sessions.begin(request(sessionId, 1), true)).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
    expect(sessions.begin(request(sessionId === 1 ? 2 : 1, 1), false)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    answer(begin(request(sessionId, 1)))
    expect(sessions.begin(request(sessionId, 1), false)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  })
  test('refuses an answer that the client did not wait for', () => {
    const sessionId = create({ a: [0] })
    const abandoned = begin(request(sessionId, 1))
    answer(begin(request(sessionId, 2)))
    expect(answer(abandoned).errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  })
  test('cannot grow beyond its bound', () => {
    const many = Array.from({ length: MAX_SESSION_PARTITIONS }, (_, index) => index)
    const sessionId = create({ a: many })
    expect(sessionId).toBeGreaterThan(0)
    expect(sessions.begin(request(sessionId, 1, { b: [0] }), false)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    expect(create({ a: [...many, many.length] })).toBe(0)
  })
})

describe('the slots', () => {
  test('are kept by sessions in use', () => {
    create({ a: [0] })
    create({ a: [0] })
    expect(create({ a: [0, 1, 2] })).toBe(0)
    expect(sessions.size).toBe(2)
  })
  test('of sessions that were idle for two minutes are given away', () => {
    const idle = create({ a: [0] })
    nowMs += 60_000
    const used = create({ a: [0] })
    nowMs += 60_001
    expect(create({ b: [0] })).toBeGreaterThan(0)
    expect(sessions.begin(request(idle, 1), false)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    expect(begin(request(used, 1)).partitions).toHaveLength(1)
  })
  test('of old, smaller sessions are given to larger ones', () => {
    const [small, large] = [create({ a: [0] }), create({ a: [0, 1, 2] })]
    for (const sessionId of [small, large]) answer(begin(request(sessionId, 1)))
    nowMs += 120_001
    for (const sessionId of [small, large]) answer(begin(request(sessionId, 2)))
    expect(create({ b: [0] })).toBe(0)
    expect(create({ b: [0, 1] })).toBeGreaterThan(0)
    expect(sessions.begin(request(small, 3), false)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
    expect(begin(request(large, 3)).partitions).toHaveLength(3)
  })
  test('may be none', () => {
    sessions = sessionsWith(0)
    expect(create({ a: [0] })).toBe(0)
  })
})

/** What a client does with a session: it names changes, merges answers, and so knows what whole answers would tell it. */
describe('a client of sessions', () => {
  const partition = fc.integer({ min: 0, max: 5 })
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('append' as const), partition }),
      fc.record({ kind: fc.constant('want' as const), partition }),
      fc.record({ kind: fc.constant('forget' as const), partition }),
      fc.record({ kind: fc.constant('fail' as const), partition }),
      fc.record({ kind: fc.constant('fetch' as const), partition }),
    ),
    { maxLength: 60 },
  )

  test('knows every partition that it wants, whatever happens', () => {
    fc.assert(
      fc.property(steps, all => {
        sessions = sessionsWith(1)
        const log = Array.from({ length: 6 }, () => ({ highWatermark: 0, isFailing: false }))
        const wanted = new Set([0])
        const known = new Map<number, string>()
        const sent = new Set<number>()
        let [sessionId, epoch] = [0, 0]
        const stateOf = (index: number) => (log[index]!.isFailing ? 'failing' : String(log[index]!.highWatermark))
        const fetch = () => {
          const added = [...wanted].filter(index => !sent.has(index))
          const forgotten = [...sent].filter(index => !wanted.has(index))
          const context = begin(request(sessionId, epoch, { t: added }, { t: forgotten }))
          expect(new Set(context.partitions.map(({ wanted: { partition } }) => partition))).toEqual(wanted)
          const read = log.map(({ highWatermark, isFailing }, index): [string, Read] => [
            `t-${index}`,
            isFailing ? { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, highWatermark: -1 } : { highWatermark },
          ])
          const { sessionId: id, responses } = answer(context, Object.fromEntries(read))
          for (const { partitions } of responses)
            for (const { partitionIndex, errorCode, highWatermark } of partitions)
              known.set(partitionIndex, errorCode === 0 ? String(highWatermark) : 'failing')
          for (const index of forgotten) known.delete(index)
          ;[sessionId, epoch] = id === 0 ? [0, 0] : [id, epoch + 1]
          sent.clear()
          if (id !== 0) for (const index of wanted) sent.add(index)
          for (const index of wanted) expect(known.get(index)).toBe(stateOf(index))
        }
        for (const { kind, partition } of [...all, { kind: 'fetch' as const, partition: 0 }]) {
          if (kind === 'append') log[partition]!.highWatermark++
          else if (kind === 'fail') log[partition]!.isFailing = !log[partition]!.isFailing
          else if (kind === 'want') wanted.add(partition)
          else if (kind === 'forget') wanted.delete(partition)
          else fetch()
        }
      }),
    )
  })
})
