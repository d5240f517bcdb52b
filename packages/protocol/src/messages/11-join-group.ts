import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/**
 * API key 11, classic groups. v1 rebalance timeout; v4 MEMBER_ID_REQUIRED (KIP-394); v5 static members (KIP-345); v7
 * protocol type and name; v8 reason; v9 the leader may skip the assignment.
 */
export const JoinGroupRequest = message({
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    groupId: { type: string, versions: '0+' },
    sessionTimeoutMs: { type: int32, versions: '0+' },
    rebalanceTimeoutMs: {
      type: int32,
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'How long others wait for the member; −1: the session timeout.',
    },
    memberId: { type: string, versions: '0+', about: 'Empty at first.' },
    groupInstanceId: { type: nullableString, versions: '5+', default: null, about: 'Static membership (KIP-345).' },
    protocolType: {
      type: string,
      versions: '0+',
      about: '`consumer` for consumers; members of other types cannot join.',
    },
    protocols: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          metadata: {
            type: bytes,
            versions: '0+',
            about: 'Opaque to the broker; of consumers a ConsumerProtocolSubscription.',
          },
        }),
      ),
      versions: '0+',
      about: 'In the order of preference.',
    },
    reason: {
      type: nullableString,
      versions: '8+',
      default: null,
      ignorable: true,
      about: 'For the broker’s log (KIP-800).',
    },
  },
})
export type JoinGroupRequest = ValueOf<typeof JoinGroupRequest>

export const JoinGroupResponse = message({
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '2+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    generationId: { type: int32, versions: '0+', default: -1 },
    protocolType: { type: nullableString, versions: '7+', default: null, ignorable: true },
    protocolName: { type: nullable(string, '7+'), versions: '0+', about: 'Null with an error.' },
    leader: { type: string, versions: '0+' },
    skipAssignment: {
      type: bool,
      versions: '9+',
      default: false,
      about: 'True: the leader keeps the assignment it made before it restarted (KIP-814).',
    },
    memberId: { type: string, versions: '0+' },
    members: {
      type: array(
        struct({
          memberId: { type: string, versions: '0+' },
          groupInstanceId: {
            type: nullableString,
            versions: '5+',
            default: null,
            ignorable: true,
            about: 'Static membership (KIP-345).',
          },
          metadata: { type: bytes, versions: '0+' },
        }),
      ),
      versions: '0+',
      about: 'Empty except for the leader.',
    },
  },
})
export type JoinGroupResponse = ValueOf<typeof JoinGroupResponse>
