/**
 * Data that carries its own version: an int16, then the message. Values of coordinator records and what consumers tell
 * each other through the group coordinator travel so.
 */
import { decodeFrom, encodeTo } from './compile.ts'
import { Reader } from './reader.ts'
import { int16, type Message, message } from './schema.ts'
import { Writer } from './writer.ts'

export const VersionPrefix = message({
  name: 'VersionPrefix',
  versions: '0',
  flexible: 'none',
  fields: { version: { type: int16, versions: '0' } },
})

/** Throws UnencodableValueError. */
export function encodeWithVersion<In>(message: Message<unknown, In>, value: In, version: number): Buffer {
  const writer = new Writer()
  encodeTo(VersionPrefix, writer, { version }, 0)
  encodeTo(message, writer, value, version)
  return Buffer.concat(writer.finish())
}

/** Throws MalformedMessageError, also for a version that the message does not have. */
export function decodeWithVersion<Out>(message: Message<Out, unknown>, bytes: Buffer): Out {
  const reader = new Reader(bytes)
  return decodeFrom(message, reader, decodeFrom(VersionPrefix, reader, 0).version)
}
