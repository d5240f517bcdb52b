import { ErrorCode, type FetchResponse } from '@millrace/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FetchSession, type FetchTopics, withoutSession } from '../../src/consumer/fetch-session.ts'

const part = (partition: number, fetchOffset: number, currentLeaderEpoch = 0) => ({
  partition,
  fetchOffset,
  currentLeaderEpoch,
  partitionMaxBytes: 100,
})
const topics = (...partitions: ReturnType<typeof part>[]): FetchTopics => [{ topic: 't', topicId: 'id', partitions }]
const answer = (sessionId: number, errorCode: number = ErrorCode.NONE): FetchResponse => ({
  throttleTimeMs: 0,
  errorCode,
  sessionId,
  responses: [],
  nodeEndpoints: [],
})

test('the first request names everything, later ones what has changed', () => {
  const session = new FetchSession()
  expect(session.next(topics(part(0, 5), part(1, 7)))).toEqual({
    sessionId: 0,
    sessionEpoch: 0,
    topics: topics(part(0, 5), part(1, 7)),
    forgottenTopicsData: [],
  })
  expect(session.answered(answer(9))).toBe(true)
  expect(session.next(topics(part(0, 5), part(1, 8), part(2, 0)))).toEqual({
    sessionId: 9,
    sessionEpoch: 1,
    topics: topics(part(1, 8), part(2, 0)),
    forgottenTopicsData: [],
  })
  session.answered(answer(9))
  expect(session.next(topics(part(0, 5), part(2, 0, 1)))).toEqual({
    sessionId: 9,
    sessionEpoch: 2,
    topics: topics(part(2, 0, 1)),
    forgottenTopicsData: [{ topic: 't', topicId: 'id', partitions: [1] }],
  })
})
test.each([
  ['the broker has no room for sessions', (session: FetchSession) => expect(session.answered(answer(0))).toBe(true)],
  [
    'the broker has forgotten it',
    (session: FetchSession) => expect(session.answered(answer(0, ErrorCode.FETCH_SESSION_ID_NOT_FOUND))).toBe(false),
  ],
  [
    'the broker expects another epoch',
    (session: FetchSession) => expect(session.answered(answer(0, ErrorCode.INVALID_FETCH_SESSION_EPOCH))).toBe(false),
  ],
  ['the request was not answered', (session: FetchSession) => session.reset()],
])('everything is named again when %s', (_why, happen) => {
  const session = new FetchSession()
  session.next(topics(part(0, 5)))
  session.answered(answer(9))
  session.next(topics(part(0, 6)))
  happen(session)
  expect(session.next(topics(part(0, 6)))).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: topics(part(0, 6)) })
})
test('an error without a session is no end of one', () => {
  const session = new FetchSession()
  session.next(topics(part(0, 5)))
  expect(session.answered(answer(0, ErrorCode.FETCH_SESSION_ID_NOT_FOUND))).toBe(true)
})
test('a topic that was created anew begins another session', () => {
  const session = new FetchSession()
  session.next(topics(part(0, 5)))
  session.answered(answer(9))
  const again: FetchTopics = [{ topic: 't', topicId: 'other', partitions: [part(0, 5)] }]
  expect(session.next(again)).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: again })
})
test('without a session everything is named', () => {
  expect(withoutSession(topics(part(0, 5)))).toMatchObject({
    sessionId: 0,
    sessionEpoch: -1,
    topics: topics(part(0, 5)),
  })
})
test('whatever happens, the broker knows what the request asks for', () => {
  const step = fc.record({
    wanted: fc.uniqueArray(fc.record({ partition: fc.nat(5), offset: fc.nat(3) }), { selector: one => one.partition }),
    outcome: fc.constantFrom('answered', 'answered', 'answered', 'lost', 'forgotten', 'full'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const session = new FetchSession()
      let remembered = new Map<number, number>()
      for (const { wanted, outcome } of steps) {
        const partitions = wanted.map(({ partition, offset }) => part(partition, offset))
        const { sessionId, sessionEpoch, topics: sent, forgottenTopicsData } = session.next(topics(...partitions))
        if (sessionEpoch === 0) remembered = new Map()
        else expect(sessionId).toBe(9)
        for (const { partitions: gone } of forgottenTopicsData) for (const one of gone) remembered.delete(one)
        for (const { partitions: news } of sent)
          for (const { partition, fetchOffset } of news) remembered.set(partition, fetchOffset!)
        expect(remembered).toEqual(new Map(wanted.map(({ partition, offset }) => [partition, offset])))
        if (outcome === 'answered') session.answered(answer(9))
        if (outcome === 'full') session.answered(answer(0))
        if (outcome === 'forgotten') session.answered(answer(0, ErrorCode.FETCH_SESSION_ID_NOT_FOUND))
        if (outcome === 'lost') session.reset()
      }
    }),
  )
})
