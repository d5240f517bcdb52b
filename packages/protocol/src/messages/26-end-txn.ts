import { bool, int16, int32, int64, message, string, type ValueOf } from '../wire/schema.ts'

/** API key 26. v5: each transaction has its own producer epoch (KIP-890). */
export const EndTxnRequest = message({
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: { type: string, versions: '0+' },
    producerId: { type: int64, versions: '0+' },
    producerEpoch: { type: int16, versions: '0+' },
    committed: { type: bool, versions: '0+', about: 'False: abort.' },
  },
})
export type EndTxnRequest = ValueOf<typeof EndTxnRequest>

export const EndTxnResponse = message({
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    producerId: {
      type: int64,
      versions: '5+',
      default: -1,
      ignorable: true,
      about: 'What the next transaction must use (KIP-890); −1 before version 5 and with an error.',
    },
    producerEpoch: { type: int16, versions: '5+', default: -1, ignorable: true },
  },
})
export type EndTxnResponse = ValueOf<typeof EndTxnResponse>
