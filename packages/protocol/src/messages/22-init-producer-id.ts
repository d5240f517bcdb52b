import { int16, int32, int64, message, nullableString, type ValueOf } from '../wire/schema.ts'

export const InitProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: '0-5',
  flexible: '2+',
  fields: {
    transactionalId: { type: nullableString, versions: '0+' },
    transactionTimeoutMs: { type: int32, versions: '0+' },
    producerId: { type: int64, versions: '3+', default: -1 },
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
    throttleTimeMs: { type: int32, versions: '0+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '0+' },
    producerId: { type: int64, versions: '0+', default: -1 },
    producerEpoch: { type: int16, versions: '0+' },
  },
})
export type InitProducerIdResponse = ValueOf<typeof InitProducerIdResponse>
