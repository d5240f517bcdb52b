/** ApiVersions (API key 18), v0 to v4: what this broker serves and which features are in use, so that clients choose versions. */
import {
  APIS,
  type Api,
  type ApiVersionsRequest,
  ErrorCode,
  encodeResponseFrame,
  type IncomingRequest,
} from '@millrace/protocol'
import { FEATURES } from '../metadata/features.ts'
import type { MetadataLog } from '../metadata/metadata-log.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { handler } from './services.ts'

/** From here on clients name themselves (KIP-511). */
const FIRST_WITH_SOFTWARE = 3
/** Before, a feature could not have the lowest level 0, and such features are left out. */
const FIRST_WITH_LEVEL_0 = 4
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

type FeatureSource = Pick<MetadataLog, 'image' | 'highWatermark'>

/** `served`: asked per request, because this handler is one of those it tells about. */
export function apiVersions(metadata: FeatureSource, served: () => readonly Api[]): RequestHandler {
  function handle(request: ApiVersionsRequest, { apiVersion }: RequestContext) {
    const { clientSoftwareName, clientSoftwareVersion } = request
    const isNamed = SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion)
    if (apiVersion >= FIRST_WITH_SOFTWARE && !isNamed) return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: served().map(rangeOf),
      supportedFeatures: supportedFeatures(apiVersion),
      finalizedFeaturesEpoch: metadata.highWatermark,
      finalizedFeatures: [...metadata.image.features.entries()]
        .filter(([, level]) => level > 0)
        .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    }
  }
  return handler(APIS.ApiVersions, 'strict', handle)
}

/** An unknown version of ApiVersions itself is answered in v0, with the range to choose from (KIP-511). */
export function answerUnsupportedVersion({ api, correlationId }: IncomingRequest): Uint8Array[] | undefined {
  if (api?.key !== APIS.ApiVersions.key) return undefined
  const value = { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: [rangeOf(APIS.ApiVersions)] }
  return encodeResponseFrame(correlationId, APIS.ApiVersions.response, value, 0)
}

function supportedFeatures(apiVersion: number) {
  return Object.entries(FEATURES)
    .filter(([, { min }]) => min > 0 || apiVersion >= FIRST_WITH_LEVEL_0)
    .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max }))
}

function rangeOf({ key, advertised }: Api) {
  return { apiKey: key, minVersion: advertised.min, maxVersion: advertised.max }
}
