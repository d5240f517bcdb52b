import { array, bool, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

export const ApiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: { type: string, versions: '3+', default: '', ignorable: true },
    clientSoftwareVersion: { type: string, versions: '3+', default: '', ignorable: true },
  },
})
export type ApiVersionsRequest = ValueOf<typeof ApiVersionsRequest>

export const ApiVersionsResponse = message({
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    errorCode: { type: int16, versions: '0+' },
    apiKeys: {
      type: array(
        struct({
          apiKey: { type: int16, versions: '0+', mapKey: true },
          minVersion: { type: int16, versions: '0+' },
          maxVersion: { type: int16, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    throttleTimeMs: { type: int32, versions: '1+', default: 0, ignorable: true },
    supportedFeatures: {
      type: array(
        struct({
          name: { type: string, versions: '3+', mapKey: true },
          minVersion: { type: int16, versions: '3+' },
          maxVersion: { type: int16, versions: '3+' },
        }),
      ),
      versions: '3+',
      default: [],
      tag: 0,
      ignorable: true,
    },
    finalizedFeaturesEpoch: { type: int64, versions: '3+', default: -1, tag: 1, ignorable: true },
    finalizedFeatures: {
      type: array(
        struct({
          name: { type: string, versions: '3+', mapKey: true },
          maxVersionLevel: { type: int16, versions: '3+' },
          minVersionLevel: { type: int16, versions: '3+' },
        }),
      ),
      versions: '3+',
      default: [],
      tag: 2,
      ignorable: true,
    },
    zkMigrationReady: { type: bool, versions: '3+', default: false, tag: 3, ignorable: true },
  },
})
export type ApiVersionsResponse = ValueOf<typeof ApiVersionsResponse>
