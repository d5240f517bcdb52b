import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/**
 * API key 15, classic groups. v3 authorized operations; v4 static members; v6 GROUP_ID_NOT_FOUND instead of a dead
 * group.
 */
export const DescribeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  fields: {
    groups: { type: array(string), versions: '0+' },
    includeAuthorizedOperations: { type: bool, versions: '3+', default: false },
  },
})
export type DescribeGroupsRequest = ValueOf<typeof DescribeGroupsRequest>

export const DescribeGroupsResponse = message({
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    groups: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '6+', default: null },
          groupId: { type: string, versions: '0+' },
          groupState: { type: string, versions: '0+' },
          protocolType: { type: string, versions: '0+' },
          protocolData: { type: string, versions: '0+', about: 'The chosen protocol, empty before there is one.' },
          members: {
            type: array(
              struct({
                memberId: { type: string, versions: '0+' },
                groupInstanceId: {
                  type: nullableString,
                  versions: '4+',
                  default: null,
                  ignorable: true,
                  about: 'Static membership (KIP-345).',
                },
                clientId: { type: string, versions: '0+' },
                clientHost: { type: string, versions: '0+' },
                memberMetadata: { type: bytes, versions: '0+' },
                memberAssignment: { type: bytes, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
          authorizedOperations: {
            type: int32,
            versions: '3+',
            default: -(2 ** 31),
            about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeGroupsResponse = ValueOf<typeof DescribeGroupsResponse>
