/**
 * Frames: `int32 size`, header, message. Request headers are v2 for flexible versions and v1 otherwise, response headers
 * v1 and v0; an ApiVersions response always has header v0 (KIP-511), because its reader cannot know the version yet.
 * ControlledShutdown v0 (request header v0) is not spoken by clients and left out.
 */
import { decodeFrom, encodeTo, isFlexible } from './compile.ts'
import { Reader } from './reader.ts'
import { int16, int32, type Message, message, nullableString } from './schema.ts'
import { Writer } from './writer.ts'

export const RequestHeader = message({
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  fields: {
    requestApiKey: { type: int16, versions: '0+', about: 'The API key of this request.' },
    requestApiVersion: { type: int16, versions: '0+', about: 'The API version of this request.' },
    correlationId: { type: int32, versions: '0+', about: 'Repeated in the response.' },
    clientId: { type: nullableString, versions: '1+', flexible: 'none', ignorable: true, default: '' },
  },
})
export const ResponseHeader = message({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  fields: { correlationId: { type: int32, versions: '0+', about: 'Of the request this answers.' } },
})

const API_VERSIONS_KEY = 18

export interface RequestHeader {
  readonly requestApiKey: number
  readonly requestApiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

export function requestHeaderVersion(request: Message<unknown, unknown>, version: number): number {
  return isFlexible(request, version) ? 2 : 1
}
function responseHeaderVersion(response: Message<unknown, unknown>, version: number): number {
  return response.apiKey !== API_VERSIONS_KEY && isFlexible(response, version) ? 1 : 0
}

/** A whole frame with its size in front, as chunks; large byte ranges of `value` are referenced, not copied. */
export function encodeRequestFrame<In>(
  header: { readonly correlationId: number; readonly clientId: string | null },
  request: Message<unknown, In>,
  value: In,
  version: number,
): Uint8Array[] {
  const writer = new Writer()
  const fields = { requestApiKey: request.apiKey, requestApiVersion: version, ...header }
  encodeTo(RequestHeader, writer, fields, requestHeaderVersion(request, version))
  encodeTo(request, writer, value, version)
  return withSize(writer)
}

export function encodeResponseFrame<In>(
  correlationId: number,
  response: Message<unknown, In>,
  value: In,
  version: number,
): Uint8Array[] {
  const writer = new Writer()
  encodeTo(ResponseHeader, writer, { correlationId }, responseHeaderVersion(response, version))
  encodeTo(response, writer, value, version)
  return withSize(writer)
}

function withSize(writer: Writer): Uint8Array[] {
  const size = Buffer.allocUnsafe(4)
  size.writeInt32BE(writer.size)
  return [size, ...writer.finish()]
}

/** The response in a frame without its size. Throws MalformedMessageError. */
export function decodeResponse<Out>(response: Message<Out, unknown>, frame: Buffer, version: number): Out {
  const reader = new Reader(frame)
  decodeFrom(ResponseHeader, reader, responseHeaderVersion(response, version))
  return decodeFrom(response, reader, version)
}
