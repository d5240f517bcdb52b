import { array, bytes, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 14, classic groups. v3 static members (KIP-345); v5 protocol type and name (KIP-559). */
export const SyncGroupRequest = message({
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: { type: string, versions: '0+' },
    generationId: { type: int32, versions: '0+' },
    memberId: { type: string, versions: '0+' },
    groupInstanceId: { type: nullableString, versions: '3+', default: null, about: 'Static membership (KIP-345).' },
    protocolType: { type: nullableString, versions: '5+', default: null, ignorable: true },
    protocolName: { type: nullableString, versions: '5+', default: null, ignorable: true },
    assignments: {
      type: array(
        struct({
          memberId: { type: string, versions: '0+' },
          assignment: {
            type: bytes,
            versions: '0+',
            about: 'Opaque to the broker; of consumers a ConsumerProtocolAssignment.',
          },
        }),
      ),
      versions: '0+',
      about: 'Of all members, by the leader; empty from others.',
    },
  },
})
export type SyncGroupRequest = ValueOf<typeof SyncGroupRequest>

export const SyncGroupResponse = message({
  name: 'SyncGroupResponse',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    protocolType: { type: nullableString, versions: '5+', default: null, ignorable: true },
    protocolName: { type: nullableString, versions: '5+', default: null, ignorable: true },
    assignment: {
      type: bytes,
      versions: '0+',
      about: 'Opaque to the broker; of consumers a ConsumerProtocolAssignment.',
    },
  },
})
export type SyncGroupResponse = ValueOf<typeof SyncGroupResponse>
