import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 10. v1 transactional ids; v4 many keys (KIP-699); v5 TRANSACTION_ABORTABLE; v6 share groups. */
export const FindCoordinatorRequest = message({
  name: 'FindCoordinatorRequest',
  apiKey: 10,
  versions: '0-6',
  flexible: '3+',
  fields: {
    key: { type: string, versions: '0-3', default: '' },
    keyType: { type: int8, versions: '1+', default: 0, about: '0: group, 1: transactional id, 2: share group.' },
    coordinatorKeys: { type: array(string), versions: '4+', default: [], about: 'Many keys in one request (KIP-699).' },
  },
})
export type FindCoordinatorRequest = ValueOf<typeof FindCoordinatorRequest>

export const FindCoordinatorResponse = message({
  name: 'FindCoordinatorResponse',
  apiKey: 10,
  versions: '0-6',
  flexible: '3+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0-3', default: 0 },
    errorMessage: { type: nullableString, versions: '1-3', default: '', ignorable: true },
    nodeId: { type: int32, versions: '0-3', default: 0, about: '−1 with an error.' },
    host: { type: string, versions: '0-3', default: '' },
    port: { type: int32, versions: '0-3', default: 0 },
    coordinators: {
      type: array(
        struct({
          key: { type: string, versions: '4+' },
          nodeId: { type: int32, versions: '4+', about: '−1 with an error.' },
          host: { type: string, versions: '4+' },
          port: { type: int32, versions: '4+' },
          errorCode: { type: int16, versions: '4+' },
          errorMessage: { type: nullableString, versions: '4+', ignorable: true },
        }),
      ),
      versions: '4+',
      default: [],
    },
  },
})
export type FindCoordinatorResponse = ValueOf<typeof FindCoordinatorResponse>
