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
  uuid,
  type ValueOf,
  ZERO_UUID,
} from '../wire/schema.ts'

/**
 * API key 3. v4 automatic creation can be refused; v7 leader epoch; v8 authorized operations; v10 topic ids; v12
 * lookup by id; v13 error of the whole request (KIP-1102).
 */
export const MetadataRequest = message({
  name: 'MetadataRequest',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  fields: {
    topics: {
      type: nullable(
        array(
          struct({
            topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
            name: { type: nullable(string, '10+'), versions: '0+', about: 'Null: look it up by id.' },
          }),
        ),
        '1+',
      ),
      versions: '0+',
      about: 'Null: all topics. In version 0 an empty list means that.',
    },
    allowAutoTopicCreation: { type: bool, versions: '4+', default: true },
    includeClusterAuthorizedOperations: { type: bool, versions: '8-10', default: false },
    includeTopicAuthorizedOperations: { type: bool, versions: '8+', default: false },
  },
})
export type MetadataRequest = ValueOf<typeof MetadataRequest>

export const MetadataResponse = message({
  name: 'MetadataResponse',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '3+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    brokers: {
      type: array(
        struct({
          nodeId: { type: int32, versions: '0+', mapKey: true },
          host: { type: string, versions: '0+' },
          port: { type: int32, versions: '0+' },
          rack: { type: nullableString, versions: '1+', default: null, ignorable: true },
        }),
      ),
      versions: '0+',
    },
    clusterId: { type: nullableString, versions: '2+', default: null, ignorable: true },
    controllerId: { type: int32, versions: '1+', default: -1, ignorable: true, about: '−1: not known.' },
    topics: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          name: {
            type: nullable(string, '12+'),
            versions: '0+',
            mapKey: true,
            about: 'Null: no topic has the id asked for.',
          },
          topicId: { type: uuid, versions: '10+', default: ZERO_UUID, ignorable: true },
          isInternal: {
            type: bool,
            versions: '1+',
            default: false,
            ignorable: true,
            about: 'True for the coordinators’ own topics.',
          },
          partitions: {
            type: array(
              struct({
                errorCode: { type: int16, versions: '0+' },
                partitionIndex: { type: int32, versions: '0+' },
                leaderId: { type: int32, versions: '0+', about: '−1: none at the moment.' },
                leaderEpoch: { type: int32, versions: '7+', default: -1, ignorable: true },
                replicaNodes: { type: array(int32), versions: '0+' },
                isrNodes: { type: array(int32), versions: '0+', about: 'The in-sync replicas.' },
                offlineReplicas: {
                  type: array(int32),
                  versions: '5+',
                  default: [],
                  ignorable: true,
                  about: 'Replicas on failed disks.',
                },
              }),
            ),
            versions: '0+',
          },
          topicAuthorizedOperations: {
            type: int32,
            versions: '8+',
            default: -(2 ** 31),
            about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
          },
        }),
      ),
      versions: '0+',
    },
    clusterAuthorizedOperations: {
      type: int32,
      versions: '8-10',
      default: -(2 ** 31),
      about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
    },
    errorCode: { type: int16, versions: '13+', default: 0, ignorable: true },
  },
})
export type MetadataResponse = ValueOf<typeof MetadataResponse>
