import { type OptionsOf, type ParsedOptions, parseOptions } from '@millrace/client'
import { defineConfig, InvalidConfigError, int, list, long, oneOf, text } from '@millrace/protocol'

/** Kafka Streams' settings that are supported, under their own names, and a few for what is ours alone. */
export const STREAMS_CONFIG = defineConfig({
  'application.id': {
    type: text(),
    default: '',
    doc: 'Required. Names the consumer group, the internal topics and the state directory of the application.',
  },
  'bootstrap.servers': { type: list(), default: [], doc: 'Required. Brokers to start from, `host:port`.' },
  'client.id': {
    type: text(),
    default: '',
    doc: 'Prefix of the names of all clients; the application id and an id of the process when empty.',
  },
  'state.dir': {
    type: text(),
    default: `${process.env.TMPDIR ?? process.env.TEMP ?? '/tmp'}/kafka-streams`,
    doc: 'Where state is kept. It is rebuilt from the changelogs when it is lost, which takes time.',
  },
  'num.stream.threads': {
    type: int({ min: 1 }),
    default: 1,
    doc: 'Threads that run tasks. More than one needs a topology that a worker can load, which does not exist yet.',
  },
  'processing.guarantee': {
    type: oneOf('at_least_once', 'exactly_once_v2'),
    default: 'at_least_once',
    doc: 'What a failure may do to results. exactly_once_v2 is refused until it exists.',
  },
  'commit.interval.ms': {
    type: long({ min: 0 }),
    default: 30_000,
    doc: 'How often positions are committed and state is promoted.',
  },
  'poll.ms': { type: long({ min: 0 }), default: 100, doc: 'How long to wait for input when there is nothing to do.' },
  'buffered.records.per.partition': {
    type: int({ min: 1 }),
    default: 1_000,
    doc: 'An input partition with more waiting records than this is not fetched.',
  },
  'max.task.idle.ms': {
    type: long({ min: -1 }),
    default: 0,
    doc: 'How long a task with an empty input that is known to be at its end waits for it; −1 never waits.',
  },
  'task.timeout.ms': {
    type: long({ min: 0 }),
    default: 300_000,
    doc: 'How long timeouts of the cluster are retried before the application fails.',
  },
  'replication.factor': {
    type: int({ min: -1 }),
    default: -1,
    doc: 'Of internal topics; −1 is the default of the broker.',
  },
  'repartition.purge.interval.ms': {
    type: long({ min: 0 }),
    default: 30_000,
    doc: 'How often records of repartition topics that are processed and committed are deleted.',
  },
  'state.cleanup.delay.ms': {
    type: long({ min: 0 }),
    default: 600_000,
    doc: 'How long the state of a task that runs elsewhere is kept on this disk.',
  },
  'windowstore.changelog.additional.retention.ms': {
    type: long({ min: 0 }),
    default: 86_400_000,
    doc: 'How much longer than the store a window changelog keeps its records.',
  },
  'state.persist.interval.ms': {
    type: long({ min: 0 }),
    default: 5_000,
    doc: 'How often committed state is written to disk. A crash costs replaying this much of the changelogs.',
  },
  'state.buffer.max.bytes': {
    type: long({ min: 1 }),
    default: 32 * 1024 * 1024,
    doc: 'Memory for writes of all tasks of a thread: as much may wait for a commit, and as much for the disk.',
  },
  'state.read.cache.max.bytes': {
    type: long({ min: 0 }),
    default: 32 * 1024 * 1024,
    doc: 'Memory for rows that were read from disk, shared by the tasks of a thread.',
  },
})

export type StreamsSettings = ParsedOptions<typeof STREAMS_CONFIG>
export type StreamsOptions = OptionsOf<typeof STREAMS_CONFIG>

const APPLICATION_ID = /^[a-zA-Z0-9._-]{1,200}$/

/** Throws an InvalidConfigError; `others` are options that are not settings. */
export function parseStreamsOptions(options: StreamsOptions, others: readonly string[]): StreamsSettings {
  const { values } = parseOptions(STREAMS_CONFIG, options, others)
  const { applicationId, bootstrapServers, numStreamThreads, processingGuarantee } = values
  if (!APPLICATION_ID.test(applicationId) || applicationId === '.' || applicationId === '..') {
    throw new InvalidConfigError(
      'application.id',
      applicationId,
      'needs 1 to 200 letters, digits, dots, dashes, underscores',
    )
  }
  if (bootstrapServers.length === 0) throw new InvalidConfigError('bootstrap.servers', [], 'name at least one broker')
  if (numStreamThreads > 1) {
    throw new InvalidConfigError(
      'num.stream.threads',
      numStreamThreads,
      'a built topology runs on the calling thread: start more instances with their own state.dir instead',
    )
  }
  if (processingGuarantee !== 'at_least_once') {
    throw new InvalidConfigError('processing.guarantee', processingGuarantee, 'only at_least_once is supported so far')
  }
  return values
}
