import { array, int16, int32, int64, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 66 (KIP-664). v1 filter by duration (KIP-994); v2 by transactional id (KIP-1152). */
export const ListTransactionsRequest = message({
  name: 'ListTransactionsRequest',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  fields: {
    stateFilters: { type: array(string), versions: '0+' },
    producerIdFilters: { type: array(int64), versions: '0+' },
    durationFilter: {
      type: int64,
      versions: '1+',
      default: -1,
      about: 'Only those open for longer than so many milliseconds; −1: all.',
    },
    transactionalIdPattern: {
      type: nullableString,
      versions: '2+',
      default: null,
      about: 'RE2 syntax; null or empty: all (KIP-1152).',
    },
  },
})
export type ListTransactionsRequest = ValueOf<typeof ListTransactionsRequest>

export const ListTransactionsResponse = message({
  name: 'ListTransactionsResponse',
  apiKey: 66,
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    unknownStateFilters: { type: array(string), versions: '0+', about: 'Filters that the broker does not know.' },
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
