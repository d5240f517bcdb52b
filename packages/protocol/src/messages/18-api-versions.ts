import { array, bool, int16, int32, int64, message, string, struct, type ValueOf } from '../wire/schema.ts'

/**
 * API key 18. v3 client software (KIP-511) and features (KIP-584); v4 features whose lowest version is 0. The header
 * of the response is v0 always.
 */
export const ApiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: {
      type: string,
      versions: '3+',
      default: '',
      ignorable: true,
      about: 'Letters, digits, dots and dashes (KIP-511).',
    },
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
    errorCode: {
      type: int16,
      versions: '0+',
      about: 'UNSUPPORTED_VERSION comes in the layout of version 0, with the range of this API (KIP-511).',
    },
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
    throttleTimeMs: {
      type: int32,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
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
    finalizedFeaturesEpoch: {
      type: int64,
      versions: '3+',
      default: -1,
      tag: 1,
      ignorable: true,
      about: '−1: not known.',
    },
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
    zkMigrationReady: {
      type: bool,
      versions: '3+',
      default: false,
      tag: 3,
      ignorable: true,
      about: 'Of controllers that moved from ZooKeeper.',
    },
  },
})
export type ApiVersionsResponse = ValueOf<typeof ApiVersionsResponse>
