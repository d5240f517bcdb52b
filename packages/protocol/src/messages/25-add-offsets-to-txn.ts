import { int16, int32, int64, message, string, type ValueOf } from '../wire/schema.ts'

/** API key 25: makes the offsets of a group part of a transaction. v4 TRANSACTION_ABORTABLE. */
export const AddOffsetsToTxnRequest = message({
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: {
    transactionalId: { type: string, versions: '0+' },
    producerId: { type: int64, versions: '0+' },
    producerEpoch: { type: int16, versions: '0+' },
    groupId: { type: string, versions: '0+' },
  },
})
export type AddOffsetsToTxnRequest = ValueOf<typeof AddOffsetsToTxnRequest>

export const AddOffsetsToTxnResponse = message({
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
  },
})
export type AddOffsetsToTxnResponse = ValueOf<typeof AddOffsetsToTxnResponse>
