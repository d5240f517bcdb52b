/** Index = id in a batch's attributes. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type Compression = (typeof COMPRESSIONS)[number]

/** What batches need of the platform: structurally the `Codecs` of `@millrace/platform`. */
export interface BatchCodecs {
  /** CRC-32C of `bytes[start, end)` as an unsigned 32-bit integer. */
  crc32c(bytes: Uint8Array, start: number, end: number): number
  /** `level`: as in Kafka's `compression.<codec>.level`; the codec's default if it is left out or the codec has none. */
  compress(codec: Exclude<Compression, 'none'>, bytes: Uint8Array, level?: number): Uint8Array
  /** Throws an error named `DecompressionError` when the bytes are malformed or would pass `maxBytes`. */
  decompress(codec: Exclude<Compression, 'none'>, bytes: Uint8Array, maxBytes: number): Uint8Array
}

/**
 * What the records of one batch may inflate to unless the caller says otherwise. Kafka has no such limit; a batch of
 * `max.message.bytes` (1 MiB by default) that honest data fills stays far below it.
 */
export const MAX_DECOMPRESSED_BATCH_BYTES = 32 * 1024 * 1024
