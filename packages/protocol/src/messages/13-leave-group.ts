import { array, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 13, classic groups. v3 several members; v5 reason. */
export const LeaveGroupRequest = message({
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: { type: string, versions: '0+' },
    memberId: { type: string, versions: '0-2', default: '' },
    members: {
      type: array(
        struct({
          memberId: { type: string, versions: '3+', about: 'Empty: the static member of groupInstanceId.' },
          groupInstanceId: {
            type: nullableString,
            versions: '3+',
            default: null,
            about: 'Static membership (KIP-345).',
          },
          reason: { type: nullableString, versions: '5+', default: null, ignorable: true },
        }),
      ),
      versions: '3+',
      default: [],
      about: 'Several at once, also by an administrator (KIP-345).',
    },
  },
})
export type LeaveGroupRequest = ValueOf<typeof LeaveGroupRequest>

export const LeaveGroupResponse = message({
  name: 'LeaveGroupResponse',
  apiKey: 13,
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
    members: {
      type: array(
        struct({
          memberId: { type: string, versions: '3+' },
          groupInstanceId: { type: nullableString, versions: '3+', about: 'Static membership (KIP-345).' },
          errorCode: { type: int16, versions: '3+' },
        }),
      ),
      versions: '3+',
      default: [],
    },
  },
})
export type LeaveGroupResponse = ValueOf<typeof LeaveGroupResponse>
