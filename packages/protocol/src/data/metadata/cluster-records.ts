import { int16, int32, int64, message, nullableString, string, type ValueOf } from '../../wire/schema.ts'

/** A feature such as `metadata.version` or `transaction.version`, and the level in use. */
export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  apiKey: 12,
  versions: '0',
  flexible: '0+',
  fields: {
    name: { type: string, versions: '0+' },
    featureLevel: { type: int16, versions: '0+', about: '0: not in use.' },
  },
})
export type FeatureLevelRecord = ValueOf<typeof FeatureLevelRecord>

export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  apiKey: 15,
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: { type: int32, versions: '0+' },
    brokerEpoch: { type: int64, versions: '0+', default: -1 },
    nextProducerId: { type: int64, versions: '0+', about: 'The first id that no block has taken yet.' },
  },
})
export type ProducerIdsRecord = ValueOf<typeof ProducerIdsRecord>

/** Keeps the log moving (KIP-835). */
export const NoOpRecord = message({ name: 'NoOpRecord', apiKey: 20, versions: '0', flexible: '0+', fields: {} })
export type NoOpRecord = ValueOf<typeof NoOpRecord>

/** Records up to EndTransactionRecord take effect together (KIP-868). */
export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  apiKey: 23,
  versions: '0',
  flexible: '0+',
  fields: { name: { type: nullableString, versions: '0+', default: null, tag: 0 } },
})
export type BeginTransactionRecord = ValueOf<typeof BeginTransactionRecord>

export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  apiKey: 24,
  versions: '0',
  flexible: '0+',
  fields: {},
})
export type EndTransactionRecord = ValueOf<typeof EndTransactionRecord>

export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  apiKey: 25,
  versions: '0',
  flexible: '0+',
  fields: { reason: { type: nullableString, versions: '0+', default: null, tag: 0 } },
})
export type AbortTransactionRecord = ValueOf<typeof AbortTransactionRecord>
