import { array, int16, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

export const ListTransactionsRequest = message({
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  fields: {
    stateFilters: { type: array(string), versions: '0+' },
    producerIdFilters: { type: array(int64), versions: '0+' },
    durationFilter: { type: int64, versions: '1+', default: -1 },
    transactionalIdPattern: { type: nullableString, versions: '2+', default: null },
  },
})
export type ListTransactionsRequest = ValueOf<typeof ListTransactionsRequest>

export const ListTransactionsResponse = message({
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
    errorCode: { type: int16, versions: '0+' },
    unknownStateFilters: { type: array(string), versions: '0+' },
    transactionStates: {
      type: array(
        struct({
          transactionalId: { type: string, versions: '0+' },
          producerId: { type: int64, versions: '0+' },
          transactionState: { type: string, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ListTransactionsResponse = ValueOf<typeof ListTransactionsResponse>
