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

/** API key 60 (KIP-700). v1 controllers; v2 fenced brokers. */
export const DescribeClusterRequest = message({
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  fields: {
    includeClusterAuthorizedOperations: { type: bool, versions: '0+' },
    endpointType: { type: int8, versions: '1+', default: 1, about: '1: brokers, 2: controllers.' },
    includeFencedBrokers: { type: bool, versions: '2+', default: false },
  },
})
export type DescribeClusterRequest = ValueOf<typeof DescribeClusterRequest>

export const DescribeClusterResponse = message({
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+', default: null },
    endpointType: { type: int8, versions: '1+', default: 1 },
    clusterId: { type: string, versions: '0+' },
    controllerId: { type: int32, versions: '0+', default: -1, about: '−1: not known.' },
    brokers: {
      type: array(
        struct({
          brokerId: { type: int32, versions: '0+', mapKey: true },
          host: { type: string, versions: '0+' },
          port: { type: int32, versions: '0+' },
          rack: { type: nullableString, versions: '0+', default: null },
          isFenced: { type: bool, versions: '2+', default: false },
        }),
      ),
      versions: '0+',
    },
    clusterAuthorizedOperations: {
      type: int32,
      versions: '0+',
      default: -(2 ** 31),
      about: 'Bit set of AclOperation codes; −2^31 if not asked for.',
    },
  },
})
export type DescribeClusterResponse = ValueOf<typeof DescribeClusterResponse>
