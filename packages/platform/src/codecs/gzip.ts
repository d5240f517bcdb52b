import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { DecompressionError } from '../codecs.ts'

/** Zlib inflates into pieces of this size; its own 16 KiB makes too many of them. */
const CHUNK_BYTES = 64 * 1024

export function compressGzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Uint8Array {
  return gzipSync(bytes, { level })
}

export function decompressGzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    // zlib refuses a maximum of 0.
    const inflated = gunzipSync(bytes, { maxOutputLength: Math.max(maxBytes, 1), chunkSize: CHUNK_BYTES })
    if (inflated.length <= maxBytes) return inflated
  } catch (cause) {
    const tooLarge = cause instanceof RangeError
    throw new DecompressionError('gzip', tooLarge ? 'too-large' : 'malformed', { cause })
  }
  throw new DecompressionError('gzip', 'too-large')
}
