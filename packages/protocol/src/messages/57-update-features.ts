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

/** API key 57 (KIP-584). v1 validates only; v2 has one outcome for all (KIP-1022). */
export const UpdateFeaturesRequest = message({
  name: 'UpdateFeaturesRequest',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  fields: {
    timeoutMs: { type: int32, versions: '0+', default: 60000 },
    featureUpdates: {
      type: array(
        struct({
          feature: { type: string, versions: '0+', mapKey: true },
          maxVersionLevel: { type: int16, versions: '0+', about: 'Below 1: the feature is switched off.' },
          allowDowngrade: { type: bool, versions: '0' },
          upgradeType: {
            type: int8,
            versions: '1+',
            default: 1,
            about: '1: upgrade; 2: downgrade that loses nothing; 3: any downgrade.',
          },
        }),
      ),
      versions: '0+',
    },
    validateOnly: { type: bool, versions: '1+', default: false },
  },
})
export type UpdateFeaturesRequest = ValueOf<typeof UpdateFeaturesRequest>

export const UpdateFeaturesResponse = message({
  name: 'UpdateFeaturesResponse',
  apiKey: 57,
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
    errorMessage: { type: nullableString, versions: '0+' },
    results: {
      type: array(
        struct({
          feature: { type: string, versions: '0+', mapKey: true },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
        }),
      ),
      versions: '0-1',
      ignorable: true,
    },
  },
})
export type UpdateFeaturesResponse = ValueOf<typeof UpdateFeaturesResponse>
