import { array, bool, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

const addPartitionsToTxnTopic = struct({
  name: { type: string, versions: '0+', mapKey: true },
  partitions: { type: array(int32), versions: '0+' },
})

/** API key 24. v3 and below are for clients; v4 is for brokers: many transactions, verification (KIP-890). */
export const AddPartitionsToTxnRequest = message({
  name: 'AddPartitionsToTxnRequest',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactions: {
      type: array(
        struct({
          transactionalId: { type: string, versions: '4+', mapKey: true },
          producerId: { type: int64, versions: '4+' },
          producerEpoch: { type: int16, versions: '4+' },
          verifyOnly: {
            type: bool,
            versions: '4+',
            default: false,
            about: 'Only check that the partitions are part of the transaction (KIP-890).',
          },
          topics: { type: array(addPartitionsToTxnTopic), versions: '4+' },
        }),
      ),
      versions: '4+',
      default: [],
      about: 'Brokers ask for many transactions at once.',
    },
    v3AndBelowTransactionalId: {
      type: string,
      versions: '0-3',
      default: '',
      about: 'Clients speak up to version 3; 4 and 5 are for brokers.',
    },
    v3AndBelowProducerId: { type: int64, versions: '0-3', default: 0 },
    v3AndBelowProducerEpoch: { type: int16, versions: '0-3', default: 0 },
    v3AndBelowTopics: { type: array(addPartitionsToTxnTopic), versions: '0-3', default: [] },
  },
})
export type AddPartitionsToTxnRequest = ValueOf<typeof AddPartitionsToTxnRequest>

const addPartitionsToTxnPartitionResult = struct({
  partitionIndex: { type: int32, versions: '0+', mapKey: true },
  partitionErrorCode: { type: int16, versions: '0+' },
})
const addPartitionsToTxnTopicResult = struct({
  name: { type: string, versions: '0+', mapKey: true },
  resultsByPartition: { type: array(addPartitionsToTxnPartitionResult), versions: '0+' },
})

export const AddPartitionsToTxnResponse = message({
  name: 'AddPartitionsToTxnResponse',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '4+', default: 0, ignorable: true },
    resultsByTransaction: {
      type: array(
        struct({
          transactionalId: { type: string, versions: '4+', mapKey: true },
          topicResults: { type: array(addPartitionsToTxnTopicResult), versions: '4+' },
        }),
      ),
      versions: '4+',
      default: [],
    },
    resultsByTopicV3AndBelow: { type: array(addPartitionsToTxnTopicResult), versions: '0-3', default: [] },
  },
})
export type AddPartitionsToTxnResponse = ValueOf<typeof AddPartitionsToTxnResponse>
