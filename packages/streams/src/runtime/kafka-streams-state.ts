/** Life of a streams application. A missing cell is an illegal move. Source: `org.apache.kafka.streams.KafkaStreams.State`. */
import { StreamsError } from '../errors.ts'

export type KafkaStreamsState =
  | 'CREATED'
  | 'REBALANCING'
  | 'RUNNING'
  | 'PENDING_SHUTDOWN'
  | 'NOT_RUNNING'
  | 'PENDING_ERROR'
  | 'ERROR'

export type KafkaStreamsEvent = 'started' | 'rebalancing' | 'ready' | 'closing' | 'closed' | 'failing' | 'failed'

export const KAFKA_STREAMS_MOVES: Readonly<
  Record<KafkaStreamsState, Partial<Readonly<Record<KafkaStreamsEvent, KafkaStreamsState>>>>
> = {
  CREATED: { started: 'REBALANCING', closing: 'PENDING_SHUTDOWN' },
  REBALANCING: { rebalancing: 'REBALANCING', ready: 'RUNNING', closing: 'PENDING_SHUTDOWN', failing: 'PENDING_ERROR' },
  RUNNING: { ready: 'RUNNING', rebalancing: 'REBALANCING', closing: 'PENDING_SHUTDOWN', failing: 'PENDING_ERROR' },
  /** What goes on in a thread until it has stopped changes nothing any more. */
  PENDING_SHUTDOWN: {
    rebalancing: 'PENDING_SHUTDOWN',
    ready: 'PENDING_SHUTDOWN',
    failing: 'PENDING_SHUTDOWN',
    closed: 'NOT_RUNNING',
  },
  NOT_RUNNING: {},
  PENDING_ERROR: { rebalancing: 'PENDING_ERROR', ready: 'PENDING_ERROR', failed: 'ERROR' },
  ERROR: {},
}

export function nextState(state: KafkaStreamsState, event: KafkaStreamsEvent): KafkaStreamsState {
  const next = KAFKA_STREAMS_MOVES[state][event]
  if (next === undefined) throw new IllegalStateError(state, event)
  return next
}

export class IllegalStateError extends StreamsError {
  override readonly code = 'ILLEGAL_STATE'
  constructor(
    readonly state: KafkaStreamsState,
    readonly event: KafkaStreamsEvent,
  ) {
    super(`an application that is ${state} cannot be ${event}`)
  }
}
