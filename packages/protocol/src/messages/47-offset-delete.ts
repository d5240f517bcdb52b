import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 47: deletes committed offsets of topics that the group is not subscribed to (KIP-496). */
export const OffsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  fields: {
    groupId: { type: string, versions: '0+' },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          partitions: { type: array(struct({ partitionIndex: { type: int32, versions: '0+' } })), versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type OffsetDeleteRequest = ValueOf<typeof OffsetDeleteRequest>

export const OffsetDeleteResponse = message({
  name: 'OffsetDeleteResponse',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  fields: {
    errorCode: { type: int16, versions: '0+' },
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+', mapKey: true },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+', mapKey: true },
                errorCode: { type: int16, versions: '0+' },
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
export type OffsetDeleteResponse = ValueOf<typeof OffsetDeleteResponse>
