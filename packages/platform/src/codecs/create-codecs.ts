import { type Codecs, type CompressionCodec, DecompressionError } from '../codecs.ts'
import { crc32c } from './crc32c.ts'
import { compressGzip, decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

interface Codec {
  compress(bytes: Uint8Array, level?: number): Uint8Array
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array
}

const CODECS: Readonly<Record<CompressionCodec, Codec>> = {
  gzip: { compress: compressGzip, decompress: decompressGzip },
  snappy: { compress: compressSnappy, decompress: decompressSnappy },
  lz4: { compress: compressLz4, decompress: decompressLz4 },
  zstd: { compress: compressZstd, decompress: decompressZstd },
}

/** The real codecs; simulations use them too. The package behind one is loaded when the codec is first used. */
export function createCodecs(): Codecs {
  return {
    crc32c,
    compress: (codec, bytes, level) => CODECS[codec].compress(bytes, level),
    decompress(codec, bytes, maxBytes) {
      // Each format has a header, but zstd takes no frames at all for an empty sequence of them.
      if (bytes.length === 0) throw new DecompressionError(codec, 'malformed')
      return CODECS[codec].decompress(bytes, maxBytes)
    },
  }
}
