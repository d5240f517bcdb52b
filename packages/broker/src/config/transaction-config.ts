/**
 * The broker settings that concern transactions, with Apache Kafka's names and defaults (4.3, `TransactionLogConfig`,
 * `TransactionStateManagerConfig`, `AddPartitionsToTxnConfig`), but for replication: one node.
 */
import { boolean, defineConfig, int } from '@millrace/protocol'

export const TRANSACTION_CONFIG = defineConfig({
  'transaction.max.timeout.ms': {
    type: int({ min: 1 }),
    default: 900_000,
    doc: 'The longest transaction.timeout.ms a producer may ask for.',
  },
  'transactional.id.expiration.ms': {
    type: int({ min: 1 }),
    default: 604_800_000,
    doc: 'How long a transactional id is kept after its last transaction.',
  },
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': {
    type: int({ min: 1 }),
    default: 10_000,
    doc: 'How often transactions that take too long are looked for.',
  },
  'transaction.remove.expired.transaction.cleanup.interval.ms': {
    type: int({ min: 1 }),
    default: 3_600_000,
    doc: 'How often transactional ids that are over are looked for.',
  },
  'transaction.partition.verification.enable': {
    type: boolean(),
    default: true,
    doc: 'Whether a transactional write needs its partition to be part of the transaction.',
  },
  'add.partitions.to.txn.retry.backoff.max.ms': {
    type: int({ min: 0 }),
    default: 100,
    doc: 'How long the first request of a transaction waits for the one before to be completed.',
  },
  'transaction.state.log.num.partitions': {
    type: int({ min: 1 }),
    default: 50,
    doc: 'Partitions of __transaction_state. Not to be changed once it exists.',
  },
  'transaction.state.log.replication.factor': {
    type: int({ min: 1 }),
    default: 1,
    doc: 'Replicas of __transaction_state.',
  },
  'transaction.state.log.min.isr': {
    type: int({ min: 1 }),
    default: 1,
    doc: 'min.insync.replicas of __transaction_state.',
  },
  'transaction.state.log.segment.bytes': {
    // The topic could not be created with less.
    type: int({ min: 1_048_576 }),
    default: 104_857_600,
    doc: 'Segment size of __transaction_state; small keeps it quick to load.',
  },
  'transaction.state.log.load.buffer.size': {
    type: int({ min: 1 }),
    default: 5_242_880,
    doc: 'Bytes read at once while loading transactions.',
  },
})
