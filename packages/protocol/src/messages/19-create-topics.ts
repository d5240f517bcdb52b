import {
  array,
  bool,
  int8,
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

/** API key 19. v1 validateOnly; v4 default numbers; v5 answers with the configuration (KIP-525); v7 topic ids. */
export const CreateTopicsRequest = message({
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  fields: {
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          numPartitions: {
            type: int32,
            versions: '0+',
            about: '−1: the broker’s default, or as many as there are assignments.',
          },
          replicationFactor: {
            type: int16,
            versions: '0+',
            about: '−1: the broker’s default, or given by the assignments.',
          },
          assignments: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+', mapKey: true },
                brokerIds: { type: array(int32), versions: '0+' },
              }),
            ),
            versions: '0+',
            about: 'Replicas per partition; empty: the broker places them.',
          },
          configs: {
            type: array(
              struct({
                name: { type: string, versions: '0+', mapKey: true },
                value: { type: nullableString, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '0+', default: 60000, about: 'How long to wait until the topics exist.' },
    validateOnly: { type: bool, versions: '1+', default: false, about: 'Check everything, change nothing.' },
  },
})
export type CreateTopicsRequest = ValueOf<typeof CreateTopicsRequest>

export const CreateTopicsResponse = message({
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '2+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          topicId: { type: uuid, versions: '7+', default: ZERO_UUID, ignorable: true },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '1+', default: '', ignorable: true },
          topicConfigErrorCode: {
            type: int16,
            versions: '5+',
            default: 0,
            tag: 0,
            ignorable: true,
            about: 'Set when the caller may not see the configuration.',
          },
          numPartitions: { type: int32, versions: '5+', default: -1, ignorable: true },
          replicationFactor: { type: int16, versions: '5+', default: -1, ignorable: true },
          configs: {
            type: nullable(
              array(
                struct({
                  name: { type: string, versions: '5+' },
                  value: { type: nullableString, versions: '5+' },
                  readOnly: { type: bool, versions: '5+' },
                  configSource: {
                    type: int8,
                    versions: '5+',
                    default: -1,
                    ignorable: true,
                    about: '1 topic, 2 dynamic broker, 3 dynamic default broker, 4 static broker, 5 default.',
                  },
                  isSensitive: { type: bool, versions: '5+' },
                }),
              ),
            ),
            versions: '5+',
            default: [],
            ignorable: true,
            about: 'Null when the caller may not see them.',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type CreateTopicsResponse = ValueOf<typeof CreateTopicsResponse>
