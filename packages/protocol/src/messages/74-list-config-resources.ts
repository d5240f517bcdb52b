import { array, int8, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 74. v0 lists client metrics only (KIP-714); v1 all resources with a configuration (KIP-1142). */
export const ListConfigResourcesRequest = message({
  name: 'ListConfigResourcesRequest',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  fields: {
    resourceTypes: {
      type: array(int8),
      versions: '1+',
      default: [],
      about: 'Empty: all. Version 0 lists client metrics only.',
    },
  },
})
export type ListConfigResourcesRequest = ValueOf<typeof ListConfigResourcesRequest>

export const ListConfigResourcesResponse = message({
  name: 'ListConfigResourcesResponse',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    configResources: {
      type: array(
        struct({
          resourceName: { type: string, versions: '0+' },
          resourceType: { type: int8, versions: '1+', default: 16, ignorable: true },
        }),
      ),
      versions: '0+',
    },
  },
})
export type ListConfigResourcesResponse = ValueOf<typeof ListConfigResourcesResponse>
