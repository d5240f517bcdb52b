import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 29. v1 prefixed patterns (KIP-290); v3 users as resources. */
export const DescribeAclsRequest = message({
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  fields: {
    resourceTypeFilter: { type: int8, versions: '0+', about: '1: any.' },
    resourceNameFilter: { type: nullableString, versions: '0+', about: 'Null: any.' },
    patternTypeFilter: { type: int8, versions: '1+', default: 3, about: '1: any, 2: match, 3: literal, 4: prefixed.' },
    principalFilter: { type: nullableString, versions: '0+' },
    hostFilter: { type: nullableString, versions: '0+' },
    operation: { type: int8, versions: '0+', about: '1: any.' },
    permissionType: { type: int8, versions: '0+', about: '1: any, 2: deny, 3: allow.' },
  },
})
export type DescribeAclsRequest = ValueOf<typeof DescribeAclsRequest>

export const DescribeAclsResponse = message({
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
    resources: {
      type: array(
        struct({
          resourceType: { type: int8, versions: '0+' },
          resourceName: { type: string, versions: '0+' },
          patternType: { type: int8, versions: '1+', default: 3 },
          acls: {
            type: array(
              struct({
                principal: { type: string, versions: '0+' },
                host: { type: string, versions: '0+' },
                operation: { type: int8, versions: '0+' },
                permissionType: { type: int8, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeAclsResponse = ValueOf<typeof DescribeAclsResponse>
