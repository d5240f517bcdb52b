import { array, bool, int16, int32, int64, message, nullable, string, struct, type ValueOf } from '../wire/schema.ts'

/** API key 35. v3 error of the whole request; v4 size of the volume (KIP-827); v5 cordoned directories (KIP-1066). */
export const DescribeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  fields: {
    topics: {
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
  },
})
export type DescribeLogDirsRequest = ValueOf<typeof DescribeLogDirsRequest>

export const DescribeLogDirsResponse = message({
  name: 'DescribeLogDirsResponse',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '3+', default: 0, ignorable: true },
    results: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          logDir: { type: string, versions: '0+' },
          topics: {
            type: array(
              struct({
                name: { type: string, versions: '0+' },
                partitions: {
                  type: array(
                    struct({
                      partitionIndex: { type: int32, versions: '0+' },
                      partitionSize: { type: int64, versions: '0+' },
                      offsetLag: { type: int64, versions: '0+' },
                      isFutureKey: { type: bool, versions: '0+' },
                    }),
                  ),
                  versions: '0+',
                },
              }),
            ),
            versions: '0+',
          },
          totalBytes: {
            type: int64,
            versions: '4+',
            default: -1,
            ignorable: true,
            about: 'Of the volume; −1: not known.',
          },
          usableBytes: {
            type: int64,
            versions: '4+',
            default: -1,
            ignorable: true,
            about: 'Of the volume; −1: not known.',
          },
          isCordoned: {
            type: bool,
            versions: '5+',
            default: false,
            ignorable: true,
            about: 'True: no new partitions are placed here (KIP-1066).',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeLogDirsResponse = ValueOf<typeof DescribeLogDirsResponse>
