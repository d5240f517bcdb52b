/**
 * How a message names its schema. In front of the payload: `00` and a 4-byte id, or `01` and a 16-byte GUID. Or in a
 * record header of the same form. Protobuf adds the path of the message type inside its file.
 */
import { MillraceError, type RecordHeader } from '@millrace/protocol'

export type SchemaPointer = { readonly id: number } | { readonly guid: string }

export interface FramedMessage {
  readonly schema: SchemaPointer
  /** A view of the message. */
  readonly payload: Buffer
}

export class WireFormatError extends MillraceError {
  readonly code = 'INVALID_WIRE_FORMAT'
}

export const KEY_SCHEMA_HEADER = '__key_schema_id'
export const VALUE_SCHEMA_HEADER = '__value_schema_id'

const ID_MAGIC = 0
const GUID_MAGIC = 1
const ID_PREFIX_BYTES = 5
const GUID_PREFIX_BYTES = 17

/** `messageIndexes`: for Protobuf only, null otherwise. */
export function frameWithId(id: number, payload: Uint8Array, messageIndexes: readonly number[] | null = null): Buffer {
  const prefix = Buffer.alloc(ID_PREFIX_BYTES)
  prefix[0] = ID_MAGIC
  prefix.writeInt32BE(id, 1)
  return Buffer.concat([prefix, encodeMessageIndexes(messageIndexes), payload])
}

/** The value of the record header; the payload then travels without a prefix. */
export function schemaHeaderValue(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex')
  if (bytes.length !== GUID_PREFIX_BYTES - 1) throw new WireFormatError(`${guid} is not a GUID`)
  return Buffer.concat([Buffer.of(GUID_MAGIC), bytes])
}

/** The header counts before the prefix. Throws {@link WireFormatError}. */
export function unframe(message: Buffer, isKey: boolean, headers: readonly RecordHeader[] = []): FramedMessage {
  const name = isKey ? KEY_SCHEMA_HEADER : VALUE_SCHEMA_HEADER
  const header = headers.findLast(candidate => candidate.key === name)?.value
  if (header !== undefined && header !== null) return { schema: readPointer(header).schema, payload: message }
  const { schema, sizeBytes } = readPointer(message)
  return { schema, payload: message.subarray(sizeBytes) }
}

function readPointer(bytes: Buffer): { schema: SchemaPointer; sizeBytes: number } {
  const magic = bytes[0]
  if (magic === undefined) throw new WireFormatError('the message is empty')
  if (magic !== ID_MAGIC && magic !== GUID_MAGIC)
    throw new WireFormatError(`the magic byte is ${magic}: the message was not written with a schema`)
  const sizeBytes = magic === ID_MAGIC ? ID_PREFIX_BYTES : GUID_PREFIX_BYTES
  if (bytes.length < sizeBytes) throw new WireFormatError(`${bytes.length} bytes are too few to name a schema`)
  if (magic === ID_MAGIC) return { schema: { id: bytes.readInt32BE(1) }, sizeBytes }
  const hex = bytes.toString('hex', 1, sizeBytes)
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return { schema: { guid: groups.join('-') }, sizeBytes }
}

/** A count and as many indexes as zigzag varints; the first message of a file is the single byte 0. */
function encodeMessageIndexes(indexes: readonly number[] | null): Buffer {
  if (indexes === null) return Buffer.alloc(0)
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0)
  const bytes: number[] = []
  for (const value of [indexes.length, ...indexes]) {
    let rest = value * 2
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
    bytes.push(rest)
  }
  return Buffer.from(bytes)
}
