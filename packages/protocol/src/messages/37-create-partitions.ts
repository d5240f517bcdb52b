import {
  array,
  bool,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 37. v3 THROTTLING_QUOTA_EXCEEDED. */
export const CreatePartitionsRequest = message({
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  fields: {
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          count: { type: int32, versions: '0+', about: 'The new number, existing ones included.' },
          assignments: {
            type: nullable(array(struct({ brokerIds: { type: array(int32), versions: '0+' } }))),
            versions: '0+',
            about: 'Of the new partitions; null: the broker places them.',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '0+' },
    validateOnly: { type: bool, versions: '0+', about: 'Check everything, change nothing.' },
  },
})
export type CreatePartitionsRequest = ValueOf<typeof CreatePartitionsRequest>

export const CreatePartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  apiKey: 37,
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
        struct({
          name: { type: string, versions: '0+' },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+', default: null },
        }),
      ),
      versions: '0+',
    },
  },
})
export type CreatePartitionsResponse = ValueOf<typeof CreatePartitionsResponse>
