import { array, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

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
          memberId: { type: string, versions: '3+' },
          groupInstanceId: { type: nullableString, versions: '3+', default: null },
          reason: { type: nullableString, versions: '5+', default: null, ignorable: true },
        }),
      ),
      versions: '3+',
      default: [],
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
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '0+' },
    members: {
      type: array(
        struct({
          memberId: { type: string, versions: '3+' },
          groupInstanceId: { type: nullableString, versions: '3+' },
          errorCode: { type: int16, versions: '3+' },
        }),
      ),
      versions: '3+',
      default: [],
    },
  },
})
export type LeaveGroupResponse = ValueOf<typeof LeaveGroupResponse>
