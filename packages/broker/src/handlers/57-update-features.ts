/** UpdateFeatures (API key 57), v0 to v2: all updates take effect together, or none. */
import { APIS, ErrorCode, KafkaError, type UpdateFeaturesRequest } from '@millrace/protocol'
import { UPGRADE_TYPE } from '../metadata/features.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'

type Update = UpdateFeaturesRequest['featureUpdates'][number]

const FIRST_WITH_UPGRADE_TYPE = 1
/** From here on there is one outcome for all. */
const FIRST_WITHOUT_RESULTS = 2

export function updateFeatures({ metadata }: BrokerServices): RequestHandler {
  async function handle({ featureUpdates, validateOnly }: UpdateFeaturesRequest, { apiVersion }: RequestContext) {
    try {
      await metadata.change(image => {
        for (const update of featureUpdates) {
          const level = Math.max(update.maxVersionLevel, 0)
          image.features.checkUpdate(update.feature, level, upgradeTypeOf(update, apiVersion))
        }
        const records = featureUpdates.map(({ feature, maxVersionLevel }) => ({
          kind: 'FeatureLevelRecord' as const,
          value: { name: feature, featureLevel: Math.max(maxVersionLevel, 0) },
        }))
        return { records: validateOnly ? [] : records, result: undefined }
      })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return answer(error.errorCode, error.message)
    }
    const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: null }))
    return answer(ErrorCode.NONE, null, apiVersion < FIRST_WITHOUT_RESULTS ? results : [])
  }

  return handler(APIS.UpdateFeatures, 'strict', handle)
}

interface Outcome {
  readonly feature: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
function answer(errorCode: number, errorMessage: string | null, results: readonly Outcome[] = []) {
  return { errorCode, errorMessage, results }
}

function upgradeTypeOf({ upgradeType, allowDowngrade }: Update, apiVersion: number): number {
  if (apiVersion >= FIRST_WITH_UPGRADE_TYPE) return upgradeType
  return allowDowngrade ? UPGRADE_TYPE.safeDowngrade : UPGRADE_TYPE.upgrade
}
