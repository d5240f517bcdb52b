import { defineConfig, int, long, oneOf, text } from '@millrace/protocol'

/** How records are handed to a handler, and what becomes of those that fail. The strategies have SmallRye's names. */
export const PROCESSING_CONFIG = defineConfig({
  ordering: {
    type: oneOf('partition', 'key', 'none'),
    default: 'partition',
    doc: 'Which records wait for each other: those of a partition, those with the same key in a partition, or none.',
  },
  concurrency: { type: int({ min: 1 }), default: 16, doc: 'Handlers at work at once.' },
  'max.buffered.records': {
    type: int({ min: 1 }),
    default: 1_000,
    doc: 'Records that wait for a handler. Above this nothing more is fetched until half of them are gone.',
  },
  'failure.strategy': {
    type: oneOf('fail', 'ignore', 'dead-letter-queue'),
    default: 'fail',
    doc: 'After the last attempt: stop and reject, go on without the record, or send it to the dead-letter topic and go on.',
  },
  'dead.letter.queue.topic': {
    type: text(),
    default: '',
    doc: 'Where failed records go; dead-letter-topic-<topic> by default.',
  },
  'retry.attempts': {
    type: int({ min: 0 }),
    default: 0,
    doc: 'Further attempts at a record before it counts as failed.',
  },
  'retry.backoff.ms': {
    type: long({ min: 0 }),
    default: 100,
    doc: 'Pause before the second attempt; doubled for each further one, with 20 % of jitter.',
  },
  'retry.backoff.max.ms': { type: long({ min: 0 }), default: 10_000, doc: 'Longest pause between two attempts.' },
  'commit.strategy': {
    type: oneOf('throttled', 'latest', 'manual'),
    default: 'throttled',
    doc:
      'throttled: now and then up to the first record that is not done, so a crash repeats some and skips none. latest: ' +
      'behind each record that is done, although earlier ones may not be. manual: what the handler commits.',
  },
  'commit.interval.ms': {
    type: long({ min: 1 }),
    default: 5_000,
    doc: 'Between two commits of the throttled strategy.',
  },
  'revoke.timeout.ms': {
    type: long({ min: 0 }),
    default: 30_000,
    doc: 'How long a partition that is given up, or a stop, waits for handlers at work; then their signal is aborted.',
  },
  'stalled.after.ms': {
    type: long({ min: 1 }),
    default: 60_000,
    doc: 'A record that is not done after this time is reported: the throttled strategy commits nothing behind it.',
  },
})
