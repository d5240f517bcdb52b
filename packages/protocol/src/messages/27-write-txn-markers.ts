import { array, bool, int8, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 27, between brokers and for administrators who abort a transaction. v2 transaction version. */
export const WriteTxnMarkersRequest = message({
  name: 'WriteTxnMarkersRequest',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  fields: {
    markers: {
      type: array(
        struct({
          producerId: { type: int64, versions: '0+' },
          producerEpoch: { type: int16, versions: '0+' },
          transactionResult: { type: bool, versions: '0+', about: 'True: commit.' },
          topics: {
            type: array(
              struct({
                name: { type: string, versions: '0+' },
                partitionIndexes: { type: array(int32), versions: '0+' },
              }),
            ),
            versions: '0+',
          },
          coordinatorEpoch: { type: int32, versions: '0+' },
          transactionVersion: {
            type: int8,
            versions: '2+',
            default: 0,
            ignorable: true,
            about: 'The transaction protocol the marker belongs to (KIP-1228).',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type WriteTxnMarkersRequest = ValueOf<typeof WriteTxnMarkersRequest>

export const WriteTxnMarkersResponse = message({
  name: 'WriteTxnMarkersResponse',
  apiKey: 27,
  versions: '0-2',
  flexible: '1+',
  fields: {
    markers: {
      type: array(
        struct({
          producerId: { type: int64, versions: '0+' },
          topics: {
            type: array(
              struct({
                name: { type: string, versions: '0+' },
                partitions: {
                  type: array(
                    struct({
                      partitionIndex: { type: int32, versions: '0+' },
                      errorCode: { type: int16, versions: '0+' },
                    }),
                  ),
                  versions: '0+',
                },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type WriteTxnMarkersResponse = ValueOf<typeof WriteTxnMarkersResponse>
