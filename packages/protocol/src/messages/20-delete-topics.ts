import {
  array,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

/** API key 20. v5 error texts; v6 topic ids. */
export const DeleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  fields: {
    topics: {
      type: array(
        struct({
          name: { type: nullableString, versions: '6+', default: null, about: 'Null: the topic is named by its id.' },
          topicId: { type: uuid, versions: '6+' },
        }),
      ),
      versions: '6+',
      default: [],
    },
    topicNames: { type: array(string), versions: '0-5', default: [], ignorable: true },
    timeoutMs: { type: int32, versions: '0+' },
  },
})
export type DeleteTopicsRequest = ValueOf<typeof DeleteTopicsRequest>

export const DeleteTopicsResponse = message({
  name: 'DeleteTopicsResponse',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    responses: {
      type: array(
        struct({
          name: { type: nullable(string, '6+'), versions: '0+', mapKey: true },
          topicId: { type: uuid, versions: '6+', default: ZERO_UUID, ignorable: true },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '5+', default: null, ignorable: true },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DeleteTopicsResponse = ValueOf<typeof DeleteTopicsResponse>
