/**
 * Checksums and compression: native or WebAssembly code behind one synchronous face. The same input gives the same bytes
 * in every run of one Node version on one kind of machine; both `compress` and `decompress` throw
 * `CodecUnavailableError` where a codec's package has no binary.
 */
export interface Codecs {
  /** CRC-32C (Castagnoli) of `bytes[start, end)` as an unsigned 32-bit integer. */
  crc32c(bytes: Uint8Array, start: number, end: number): number
  /**
   * `level`: as in Kafka's `compression.<codec>.level`, whose default it has. Snappy has none; the lz4 package knows but one, so
   * the level is not used there either.
   */
  compress(codec: CompressionCodec, bytes: Uint8Array, level?: number): Uint8Array
  /**
   * Throws {@link DecompressionError} on malformed input and when the output would pass `maxBytes`
   * (checked while inflating: a bomb costs no more than `maxBytes`).
   */
  decompress(codec: CompressionCodec, bytes: Uint8Array, maxBytes: number): Uint8Array
}

/** Kafka's names. Snappy is written in xerial framing as the Java client does; raw and xerial are read. */
export type CompressionCodec = 'gzip' | 'snappy' | 'lz4' | 'zstd'

export class DecompressionError extends Error {
  constructor(
    readonly codec: CompressionCodec,
    readonly reason: 'malformed' | 'too-large',
    options?: ErrorOptions,
  ) {
    super(`${codec} data is ${reason === 'malformed' ? 'malformed' : 'larger than allowed'}`, options)
    this.name = 'DecompressionError'
  }
}
