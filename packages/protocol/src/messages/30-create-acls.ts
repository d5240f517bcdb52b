import { array, int8, int16, int32, message, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 30. v1 prefixed patterns (KIP-290); v3 users as resources. */
export const CreateAclsRequest = message({
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  fields: {
    creations: {
      type: array(
        struct({
          resourceType: {
            type: int8,
            versions: '0+',
            about: '2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user.',
          },
          resourceName: { type: string, versions: '0+' },
          resourcePatternType: { type: int8, versions: '1+', default: 3, about: '3: literal, 4: prefixed.' },
          principal: { type: string, versions: '0+' },
          host: { type: string, versions: '0+' },
          operation: {
            type: int8,
            versions: '0+',
            about:
              '2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit.',
          },
          permissionType: { type: int8, versions: '0+', about: '2: deny, 3: allow.' },
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
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    results: {
      type: array(
        struct({ errorCode: { type: int16, versions: '0+' }, errorMessage: { type: nullableString, versions: '0+' } }),
      ),
      versions: '0+',
    },
  },
})
export type CreateAclsResponse = ValueOf<typeof CreateAclsResponse>
