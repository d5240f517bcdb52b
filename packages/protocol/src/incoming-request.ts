import { type Api, apiOfKey } from './apis.ts'
import { decodeFrom } from './wire/compile.ts'
import { RequestHeader, requestHeaderVersion } from './wire/frame.ts'
import { Reader } from './wire/reader.ts'
import { int16, message } from './wire/schema.ts'

/** A request frame whose header has been read. The message is decoded by `decodeFrom(api.request, reader, version)`. */
export interface IncomingRequest {
  /** Undefined for a key that is not in the table; Kafka closes the connection. */
  readonly api: Api | undefined
  readonly apiKey: number
  /** As sent: it may be outside the range that `api` speaks. */
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly reader: Reader
}

/** What every version of the request header starts with. */
const KeyAndVersion = message({
  name: 'RequestHeader',
  versions: '0',
  flexible: 'none',
  fields: { requestApiKey: { type: int16, versions: '0' }, requestApiVersion: { type: int16, versions: '0' } },
})

/**
 * Reads the header of a request frame, given without its size. A version newer than ours has the newest header, so that
 * an ApiVersions request of the future can be answered (KIP-511). Throws MalformedMessageError.
 */
export function openRequest(frame: Buffer): IncomingRequest {
  const start = decodeFrom(KeyAndVersion, new Reader(frame), 0)
  const api = apiOfKey(start.requestApiKey)
  const reader = new Reader(frame)
  const headerVersion = api === undefined ? 1 : requestHeaderVersion(api.request, start.requestApiVersion)
  const { requestApiKey, requestApiVersion, correlationId, clientId } = decodeFrom(RequestHeader, reader, headerVersion)
  return { api, apiKey: requestApiKey, version: requestApiVersion, correlationId, clientId, reader }
}
