import { array, bytes, int32, message, nullable, nullableString, string, struct, type ValueOf } from '../wire/schema.ts'

export const ConsumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  fields: {
    topics: { type: array(string), versions: '0+' },
    userData: { type: nullable(bytes), versions: '0+', default: null },
    ownedPartitions: {
      type: array(
        struct({
          topic: { type: string, versions: '1+', mapKey: true },
          partitions: { type: array(int32), versions: '1+' },
        }),
      ),
      versions: '1+',
      default: [],
      ignorable: true,
    },
    generationId: { type: int32, versions: '2+', default: -1, ignorable: true },
    rackId: { type: nullableString, versions: '3+', default: null, ignorable: true },
  },
})
export type ConsumerProtocolSubscription = ValueOf<typeof ConsumerProtocolSubscription>

export const ConsumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: {
      type: array(
        struct({
          topic: { type: string, versions: '0+', mapKey: true },
          partitions: { type: array(int32), versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    userData: { type: nullable(bytes), versions: '0+', default: null },
  },
})
export type ConsumerProtocolAssignment = ValueOf<typeof ConsumerProtocolAssignment>
