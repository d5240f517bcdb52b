import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

export const ListGroupsRequest = message({
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    statesFilter: { type: array(string), versions: '4+', default: [] },
    typesFilter: { type: array(string), versions: '5+', default: [] },
  },
})
export type ListGroupsRequest = ValueOf<typeof ListGroupsRequest>

export const ListGroupsResponse = message({
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
    errorCode: { type: int16, versions: '0+' },
    groups: {
      type: array(
        struct({
          groupId: { type: string, versions: '0+' },
          protocolType: { type: string, versions: '0+' },
          groupState: { type: string, versions: '4+', default: '', ignorable: true },
          groupType: { type: string, versions: '5+', default: '', ignorable: true },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ListGroupsResponse = ValueOf<typeof ListGroupsResponse>
