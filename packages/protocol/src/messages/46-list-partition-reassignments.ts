import { array, int16, int32, message, nullable, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 46 (KIP-455). */
export const ListPartitionReassignmentsRequest = message({
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  fields: {
    timeoutMs: { type: int32, versions: '0+', default: 60000 },
    topics: {
      type: nullable(
        array(
          struct({ name: { type: string, versions: '0+' }, partitionIndexes: { type: array(int32), versions: '0+' } }),
        ),
      ),
      versions: '0+',
      default: null,
      about: 'Null: all.',
    },
  },
})
export type ListPartitionReassignmentsRequest = ValueOf<typeof ListPartitionReassignmentsRequest>

export const ListPartitionReassignmentsResponse = message({
  name: 'ListPartitionReassignmentsResponse',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                replicas: { type: array(int32), versions: '0+' },
                addingReplicas: { type: array(int32), versions: '0+' },
                removingReplicas: { type: array(int32), versions: '0+' },
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
export type ListPartitionReassignmentsResponse = ValueOf<typeof ListPartitionReassignmentsResponse>
