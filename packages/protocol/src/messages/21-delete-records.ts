import { array, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 21. */
export const DeleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  fields: {
    topics: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          partitions: {
            type: array(
              struct({
                partitionIndex: { type: int32, versions: '0+' },
                offset: { type: int64, versions: '0+', about: 'The first offset to keep; −1: the high watermark.' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    timeoutMs: { type: int32, versions: '0+' },
  },
})
export type DeleteRecordsRequest = ValueOf<typeof DeleteRecordsRequest>

export const DeleteRecordsResponse = message({
  name: 'DeleteRecordsResponse',
  apiKey: 21,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
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
                lowWatermark: { type: int64, versions: '0+', about: 'The first offset still there.' },
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
export type DeleteRecordsResponse = ValueOf<typeof DeleteRecordsResponse>
