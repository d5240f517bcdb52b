import { int16, int32, message, nullableString, string, type ValueOf } from '../wire/schema.ts'

export const HeartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: { type: string, versions: '0+' },
    generationId: { type: int32, versions: '0+' },
    memberId: { type: string, versions: '0+' },
    groupInstanceId: { type: nullableString, versions: '3+', default: null },
  },
})
export type HeartbeatRequest = ValueOf<typeof HeartbeatRequest>

export const HeartbeatResponse = message({
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '0+' },
  },
})
export type HeartbeatResponse = ValueOf<typeof HeartbeatResponse>
