import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 42. */
export const DeleteGroupsRequest = message({
  name: 'DeleteGroupsRequest',
  apiKey: 42,
  versions: '0-2',
  flexible: '2+',
  fields: { groupsNames: { type: array(string), versions: '0+' } },
})
export type DeleteGroupsRequest = ValueOf<typeof DeleteGroupsRequest>

export const DeleteGroupsResponse = message({
  name: 'DeleteGroupsResponse',
  apiKey: 42,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    results: {
      type: array(
        struct({ groupId: { type: string, versions: '0+', mapKey: true }, errorCode: { type: int16, versions: '0+' } }),
      ),
      versions: '0+',
    },
  },
})
export type DeleteGroupsResponse = ValueOf<typeof DeleteGroupsResponse>
