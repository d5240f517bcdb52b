import {
  array,
  int8,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 43 (KIP-183, KIP-460). */
export const ElectLeadersRequest = message({
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  fields: {
    electionType: {
      type: int8,
      versions: '1+',
      about: '0: the preferred replica; 1: a replica that lags, if no other is alive.',
    },
    topicPartitions: {
      type: nullable(
        array(
          struct({
            topic: { type: string, versions: '0+', mapKey: true },
            partitions: { type: array(int32), versions: '0+' },
          }),
        ),
      ),
      versions: '0+',
      about: 'Null: all.',
    },
    timeoutMs: { type: int32, versions: '0+', default: 60000 },
  },
})
export type ElectLeadersRequest = ValueOf<typeof ElectLeadersRequest>

export const ElectLeadersResponse = message({
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '1+' },
    replicaElectionResults: {
      type: array(
        struct({
          topic: { type: string, versions: '0+' },
          partitionResult: {
            type: array(
              struct({
                partitionId: { type: int32, versions: '0+' },
                errorCode: { type: int16, versions: '0+' },
                errorMessage: { type: nullableString, versions: '0+' },
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
export type ElectLeadersResponse = ValueOf<typeof ElectLeadersResponse>
