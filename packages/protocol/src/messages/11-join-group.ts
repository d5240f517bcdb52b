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

export const JoinGroupRequest = message({
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    groupId: { type: string, versions: '0+' },
    sessionTimeoutMs: { type: int32, versions: '0+' },
    rebalanceTimeoutMs: { type: int32, versions: '1+', default: -1, ignorable: true },
    memberId: { type: string, versions: '0+' },
    groupInstanceId: { type: nullableString, versions: '5+', default: null },
    protocolType: { type: string, versions: '0+' },
    protocols: {
      type: array(
        struct({ name: { type: string, versions: '0+', mapKey: true }, metadata: { type: bytes, versions: '0+' } }),
      ),
      versions: '0+',
    },
    reason: { type: nullableString, versions: '8+', default: null, ignorable: true },
  },
})
export type JoinGroupRequest = ValueOf<typeof JoinGroupRequest>

export const JoinGroupResponse = message({
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: { type: int32, versions: '2+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '0+' },
    generationId: { type: int32, versions: '0+', default: -1 },
    protocolType: { type: nullableString, versions: '7+', default: null, ignorable: true },
    protocolName: { type: nullable(string, '7+'), versions: '0+' },
    leader: { type: string, versions: '0+' },
    skipAssignment: { type: bool, versions: '9+', default: false },
    memberId: { type: string, versions: '0+' },
    members: {
      type: array(
        struct({
          memberId: { type: string, versions: '0+' },
          groupInstanceId: { type: nullableString, versions: '5+', default: null, ignorable: true },
          metadata: { type: bytes, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type JoinGroupResponse = ValueOf<typeof JoinGroupResponse>
