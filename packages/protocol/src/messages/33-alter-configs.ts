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

/** API key 33: replaces all settings of a resource. See IncrementalAlterConfigs. */
export const AlterConfigsRequest = message({
  name: 'AlterConfigsRequest',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
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
                value: { type: nullableString, versions: '0+' },
              }),
            ),
            versions: '0+',
            about: 'All of the resource’s settings: what is not named falls back to its default.',
          },
        }),
      ),
      versions: '0+',
    },
    validateOnly: { type: bool, versions: '0+', about: 'Check everything, change nothing.' },
  },
})
export type AlterConfigsRequest = ValueOf<typeof AlterConfigsRequest>

export const AlterConfigsResponse = message({
  name: 'AlterConfigsResponse',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
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
export type AlterConfigsResponse = ValueOf<typeof AlterConfigsResponse>
