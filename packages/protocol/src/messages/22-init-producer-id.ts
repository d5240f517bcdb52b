import { int16, int32, int64, message, nullableString, type ValueOf } from '../wire/schema.ts'

/** API key 22. v3 bumps the epoch of a known producer (KIP-360); v4 PRODUCER_FENCED; v5 TRANSACTION_ABORTABLE. */
export const InitProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: '0-5',
  flexible: '2+',
  fields: {
    transactionalId: {
      type: nullableString,
      versions: '0+',
      about: 'Null for an idempotent producer without transactions.',
    },
    transactionTimeoutMs: { type: int32, versions: '0+' },
    producerId: {
      type: int64,
      versions: '3+',
      default: -1,
      about: 'Together with producerEpoch: bump the epoch of this producer (KIP-360); −1: none yet.',
    },
    producerEpoch: { type: int16, versions: '3+', default: -1 },
  },
})
export type InitProducerIdRequest = ValueOf<typeof InitProducerIdRequest>

export const InitProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  apiKey: 22,
  versions: '0-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    producerId: { type: int64, versions: '0+', default: -1 },
    producerEpoch: { type: int16, versions: '0+' },
  },
})
export type InitProducerIdResponse = ValueOf<typeof InitProducerIdResponse>
