import { describe, expect, test } from 'vitest'
import {
  IllegalStateError,
  KAFKA_STREAMS_MOVES,
  type KafkaStreamsEvent,
  type KafkaStreamsState,
  nextState,
} from '../../src/runtime/kafka-streams-state.ts'

const EVENTS: KafkaStreamsEvent[] = ['started', 'rebalancing', 'ready', 'closing', 'closed', 'failing', 'failed']

describe('the life of an application', () => {
  for (const state of Object.keys(KAFKA_STREAMS_MOVES) as KafkaStreamsState[]) {
    for (const event of EVENTS) {
      const next = KAFKA_STREAMS_MOVES[state][event]
      test(`${state}, ${event}: ${next ?? 'illegal'}`, () => {
        if (next === undefined) expect(() => nextState(state, event)).toThrow(IllegalStateError)
        else expect(nextState(state, event)).toBe(next)
      })
    }
  }

  test('every state but the last ones can be left for one of them', () => {
    const reached = (from: KafkaStreamsState, seen = new Set<KafkaStreamsState>()): Set<KafkaStreamsState> => {
      if (seen.has(from)) return seen
      seen.add(from)
      for (const next of Object.values(KAFKA_STREAMS_MOVES[from])) reached(next, seen)
      return seen
    }
    for (const state of Object.keys(KAFKA_STREAMS_MOVES) as KafkaStreamsState[]) {
      expect(reached(state).has('NOT_RUNNING') || reached(state).has('ERROR')).toBe(true)
    }
  })
})
