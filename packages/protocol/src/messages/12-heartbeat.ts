import { int16, int32, message, nullableString, string, type ValueOf } from '../wire/schema.ts'

/** API key 12. v3: static membership (KIP-345). */
export const HeartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: { type: string, versions: '0+', about: 'The group id.' },
    generationId: { type: int32, versions: '0+', about: 'The generation the member believes is current.' },
    memberId: { type: string, versions: '0+', about: 'The member id the coordinator assigned.' },
    groupInstanceId: { type: nullableString, versions: '3+', default: null, about: 'Static member id.' },
  },
})
export type HeartbeatRequest = ValueOf<typeof HeartbeatRequest>

export const HeartbeatResponse = message({
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'Milliseconds the request was throttled.',
    },
    errorCode: { type: int16, versions: '0+', about: 'Zero when the member may go on.' },
  },
})
export type HeartbeatResponse = ValueOf<typeof HeartbeatResponse>
