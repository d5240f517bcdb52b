import { array, int16, int32, message, string, struct, type ValueOf } from '../wire/schema.ts'

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
    throttleTimeMs: { type: int32, versions: '0+', default: 0, ignorable: true },
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
