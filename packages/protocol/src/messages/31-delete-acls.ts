import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 31. v1 prefixed patterns (KIP-290); v3 users as resources. */
export const DeleteAclsRequest = message({
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  fields: {
    filters: {
      type: array(
        struct({
          resourceTypeFilter: { type: int8, versions: '0+' },
          resourceNameFilter: { type: nullableString, versions: '0+' },
          patternTypeFilter: { type: int8, versions: '1+', default: 3 },
          principalFilter: { type: nullableString, versions: '0+' },
          hostFilter: { type: nullableString, versions: '0+' },
          operation: { type: int8, versions: '0+' },
          permissionType: { type: int8, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DeleteAclsRequest = ValueOf<typeof DeleteAclsRequest>

export const DeleteAclsResponse = message({
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    filterResults: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
          matchingAcls: {
            type: array(
              struct({
                errorCode: { type: int16, versions: '0+' },
                errorMessage: { type: nullableString, versions: '0+' },
                resourceType: { type: int8, versions: '0+' },
                resourceName: { type: string, versions: '0+' },
                patternType: { type: int8, versions: '1+', default: 3 },
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
export type DeleteAclsResponse = ValueOf<typeof DeleteAclsResponse>
