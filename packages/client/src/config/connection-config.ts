import { defineConfig, int, list, long, text } from '@millrace/protocol'
import { SECURITY_CONFIG } from '../security/security-config.ts'

/** Settings of everything that talks to a cluster: producer, consumer and admin alike. */
export const CONNECTION_CONFIG = defineConfig({
  ...SECURITY_CONFIG,
  'bootstrap.servers': {
    type: list(),
    default: [],
    doc: 'Brokers to start from, `host:port`. The rest of the cluster is learned from them, so two or three are enough.',
  },
  'client.id': {
    type: text(),
    default: 'millrace',
    doc: 'A name for this client in the logs, metrics and quotas of the brokers.',
  },
  'request.timeout.ms': {
    type: int({ min: 1 }),
    default: 30_000,
    doc: 'How long one request may wait for its answer. Then its connection is closed and the request may be retried.',
  },
  'default.api.timeout.ms': {
    type: int({ min: 1 }),
    default: 60_000,
    doc: 'How long a call may take with all of its retries when it is given no time limit of its own.',
  },
  'retry.backoff.ms': {
    type: long({ min: 0 }),
    default: 100,
    doc: 'Pause before the first retry; doubled for each further one, with 20 % of jitter.',
  },
  'retry.backoff.max.ms': {
    type: long({ min: 0 }),
    default: 1_000,
    doc: 'Longest pause between two retries.',
  },
  'reconnect.backoff.ms': {
    type: long({ min: 0 }),
    default: 50,
    doc: 'Pause before a broker is connected to again after a failure; doubled for each further failure, with 20 % of jitter.',
  },
  'reconnect.backoff.max.ms': {
    type: long({ min: 0 }),
    default: 1_000,
    doc: 'Longest pause between two attempts to connect to a broker.',
  },
  'socket.connection.setup.timeout.ms': {
    type: int({ min: 1 }),
    default: 10_000,
    doc: 'How long connecting to a broker and agreeing on versions with it may take.',
  },
  'connections.max.idle.ms': {
    type: long({ min: -1 }),
    default: 540_000,
    doc: 'A connection without requests for this time is closed; -1 keeps it. Brokers close theirs after ten minutes.',
  },
  'metadata.max.age.ms': {
    type: long({ min: 0 }),
    default: 300_000,
    doc: 'Metadata is fetched again after this time even if nothing failed, to see new partitions and brokers.',
  },
})
