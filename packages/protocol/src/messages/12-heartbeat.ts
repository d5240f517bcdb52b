import { int16, int32, message, nullableString, string, type ValueOf } from '../wire/schema.ts'

/** API key 12, classic groups. v3 static members (KIP-345). */
export const HeartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: { type: string, versions: '0+' },
    generationId: { type: int32, versions: '0+', about: 'The generation the member believes is current.' },
    memberId: { type: string, versions: '0+' },
    groupInstanceId: { type: nullableString, versions: '3+', default: null, about: 'Static membership (KIP-345).' },
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
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+', about: 'REBALANCE_IN_PROGRESS: join again.' },
  },
})
export type HeartbeatResponse = ValueOf<typeof HeartbeatResponse>
