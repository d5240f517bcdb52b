import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

export const CreateAclsRequest = message({
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  fields: {
    creations: {
      type: array(
        struct({
          resourceType: { type: int8, versions: '0+' },
          resourceName: { type: string, versions: '0+' },
          resourcePatternType: { type: int8, versions: '1+', default: 3 },
          principal: { type: string, versions: '0+' },
          host: { type: string, versions: '0+' },
          operation: { type: int8, versions: '0+' },
          permissionType: { type: int8, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type CreateAclsRequest = ValueOf<typeof CreateAclsRequest>

export const CreateAclsResponse = message({
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
    results: {
      type: array(
        struct({ errorCode: { type: int16, versions: '0+' }, errorMessage: { type: nullableString, versions: '0+' } }),
      ),
      versions: '0+',
    },
  },
})
export type CreateAclsResponse = ValueOf<typeof CreateAclsResponse>
