import { int16, int32, message, nullableString, type ValueOf } from '../wire/schema.ts'

/** API key 64: makes a cluster forget a broker that is gone for good (KIP-631). */
export const UnregisterBrokerRequest = message({
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  fields: { brokerId: { type: int32, versions: '0+' } },
})
export type UnregisterBrokerRequest = ValueOf<typeof UnregisterBrokerRequest>

export const UnregisterBrokerResponse = message({
  name: 'UnregisterBrokerResponse',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
  },
})
export type UnregisterBrokerResponse = ValueOf<typeof UnregisterBrokerResponse>
