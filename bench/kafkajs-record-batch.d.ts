/** The parts of kafkajs 2.2.4 below its public API that are compared with. */
declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(buffer: Buffer)
  }
}
declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js'
  export default function decodeRecordBatch(decoder: Decoder): Promise<{
    records: { offset: string; key: Buffer | null; value: Buffer | null; headers: Record<string, Buffer> }[]
  }>
}
declare module 'kafkajs/src/protocol/recordBatch/record/v0/index.js' {
  export default function encodeRecord(record: {
    offsetDelta: number
    timestampDelta: number
    key: Buffer
    value: Buffer
  }): { readonly buffer: Buffer }
}
declare module 'kafkajs/src/protocol/recordBatch/v0/index.js' {
  const recordBatch: {
    RecordBatch(batch: {
      firstTimestamp: number
      maxTimestamp: number
      lastOffsetDelta: number
      records: { readonly buffer: Buffer }[]
    }): Promise<{ readonly buffer: Buffer }>
  }
  export default recordBatch
}
declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32c(bytes: Buffer): number
}
declare module 'kafkajs/src/producer/partitioners/default/murmur2.js' {
  export default function murmur2(key: Buffer): number
}
