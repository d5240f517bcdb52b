import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 16. v4 filter by state; v5 filter by type. */
export const ListGroupsRequest = message({
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    statesFilter: { type: array(string), versions: '4+', default: [], about: 'Empty: all.' },
    typesFilter: { type: array(string), versions: '5+', default: [], about: 'Empty: all.' },
  },
})
export type ListGroupsRequest = ValueOf<typeof ListGroupsRequest>

export const ListGroupsResponse = message({
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
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
