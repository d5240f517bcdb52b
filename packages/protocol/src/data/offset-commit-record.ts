import { int32, int64, message, string, uuid, type ValueOf, ZERO_UUID } from '../wire/schema.ts'

/** `__consumer_offsets`: the committed offset of a partition. */
export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  apiKey: 1,
  versions: '0',
  flexible: 'none',
  fields: {
    group: { type: string, versions: '0' },
    topic: { type: string, versions: '0' },
    partition: { type: int32, versions: '0' },
  },
})
export type OffsetCommitKey = ValueOf<typeof OffsetCommitKey>

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  apiKey: 1,
  versions: '0-4',
  flexible: '4+',
  fields: {
    offset: { type: int64, versions: '0+' },
    leaderEpoch: { type: int32, versions: '3+', default: -1, ignorable: true },
    metadata: { type: string, versions: '0+' },
    commitTimestamp: { type: int64, versions: '0+', about: 'In milliseconds.' },
    expireTimestamp: {
      type: int64,
      versions: '1',
      default: -1,
      ignorable: true,
      about: 'In milliseconds; −1: the broker’s retention counts.',
    },
    topicId: { type: uuid, versions: '4+', default: ZERO_UUID, tag: 0, ignorable: true },
  },
})
export type OffsetCommitValue = ValueOf<typeof OffsetCommitValue>
