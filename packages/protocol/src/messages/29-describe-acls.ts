import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

export const DescribeAclsRequest = message({
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  fields: {
    resourceTypeFilter: { type: int8, versions: '0+' },
    resourceNameFilter: { type: nullableString, versions: '0+' },
    patternTypeFilter: { type: int8, versions: '1+', default: 3 },
    principalFilter: { type: nullableString, versions: '0+' },
    hostFilter: { type: nullableString, versions: '0+' },
    operation: { type: int8, versions: '0+' },
    permissionType: { type: int8, versions: '0+' },
  },
})
export type DescribeAclsRequest = ValueOf<typeof DescribeAclsRequest>

export const DescribeAclsResponse = message({
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
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
