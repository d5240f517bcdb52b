/**
 * Record batch, format v2 (KIP-98). All integers are big-endian; varints in the records are zigzag.
 *
 * `baseOffset` and `partitionLeaderEpoch` lie outside the checksum: a broker assigns them without touching the rest.
 */
export const BASE_OFFSET_AT = 0
export const BATCH_LENGTH_AT = 8
export const PARTITION_LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CHECKSUM_AT = 17
/** The checksum covers everything from here to the end of the batch. */
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57
export const RECORDS_AT = 61

export const BATCH_HEADER_BYTES = RECORDS_AT
/** Bytes in front of what `batchLength` counts. */
export const BATCH_LENGTH_OVERHEAD_BYTES = 12

export const MAGIC_V2 = 2

export const COMPRESSION_MASK = 0b111
export const LOG_APPEND_TIME_BIT = 1 << 3
export const TRANSACTIONAL_BIT = 1 << 4
export const CONTROL_BIT = 1 << 5
/** The base timestamp is the time (ms) from which tombstones of this batch may be removed (KIP-534). */
export const DELETE_HORIZON_BIT = 1 << 6
