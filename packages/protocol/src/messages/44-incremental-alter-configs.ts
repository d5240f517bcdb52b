import {
  array,
  bool,
  int8,
  int16,
  int32,
  message,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 44: changes single settings (KIP-339). */
export const IncrementalAlterConfigsRequest = message({
  name: 'IncrementalAlterConfigsRequest',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  fields: {
    resources: {
      type: array(
        struct({
          resourceType: { type: int8, versions: '0+', mapKey: true },
          resourceName: { type: string, versions: '0+', mapKey: true },
          configs: {
            type: array(
              struct({
                name: { type: string, versions: '0+', mapKey: true },
                configOperation: {
                  type: int8,
                  versions: '0+',
                  mapKey: true,
                  about: '0 set, 1 delete, 2 append, 3 subtract.',
                },
                value: { type: nullableString, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    validateOnly: { type: bool, versions: '0+', about: 'Check everything, change nothing.' },
  },
})
export type IncrementalAlterConfigsRequest = ValueOf<typeof IncrementalAlterConfigsRequest>

export const IncrementalAlterConfigsResponse = message({
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    responses: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
          resourceType: { type: int8, versions: '0+' },
          resourceName: { type: string, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type IncrementalAlterConfigsResponse = ValueOf<typeof IncrementalAlterConfigsResponse>
