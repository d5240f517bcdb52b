import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord, type RegistryRecord } from '../../src/subjects/records.ts'

const content = { schemaType: 'AVRO', text: '"int"', references: [], metadata: null, ruleSet: null }

describe('records have the bytes of the original and are read back', () => {
  test.each<[record: RegistryRecord, key: string, value: string | null]>([
    [
      { type: 'SCHEMA', subject: 's', version: 1, value: { id: 7, content, isDeleted: false } },
      '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
      '{"subject":"s","version":1,"id":7,"schemaType":"AVRO","schema":"\\"int\\"","deleted":false}',
    ],
    [
      { type: 'SCHEMA', subject: 's', version: 1, value: null },
      '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
      null,
    ],
    [
      { type: 'CONFIG', subject: null, value: { compatibilityLevel: 'FULL' } },
      '{"keytype":"CONFIG","magic":0}',
      '{"compatibilityLevel":"FULL"}',
    ],
    [
      { type: 'CONFIG', subject: 's', value: { normalize: true } },
      '{"keytype":"CONFIG","subject":"s","magic":0}',
      '{"subject":"s","normalize":true}',
    ],
    [
      { type: 'MODE', subject: 's', value: 'READONLY' },
      '{"keytype":"MODE","subject":"s","magic":0}',
      '{"subject":"s","mode":"READONLY"}',
    ],
    [
      { type: 'DELETE_SUBJECT', subject: 's', value: { upToVersion: 3 } },
      '{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}',
      '{"subject":"s","version":3}',
    ],
    [
      { type: 'CLEAR_SUBJECT', subject: 's', isTombstone: false },
      '{"keytype":"CLEAR_SUBJECT","subject":"s","magic":0}',
      '{"subject":"s"}',
    ],
    [
      { type: 'CONTEXT', context: '.eu', isTombstone: false },
      '{"keytype":"CONTEXT","tenant":"default","context":".eu","magic":0}',
      '{"tenant":"default","context":".eu"}',
    ],
    [{ type: 'NOOP' }, '{"keytype":"NOOP","magic":0}', null],
  ])('%o', (record, key, value) => {
    expect(encodeRecord(record)).toEqual({ key, value })
    expect(decodeRecord(key, value)).toEqual(record)
  })
})

test.each<[key: string | null, value: string | null]>([
  [null, '{}'],
  ['not json', null],
  ['[]', null],
  ['{"keytype":"FUTURE","magic":0}', '{}'],
  ['{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', '{"id":"x"}'],
  ['{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', '[]'],
  ['{"keytype":"SCHEMA","version":1,"magic":1}', null],
  ['{"keytype":"MODE","magic":0}', '{"mode":"SIDEWAYS"}'],
  ['{"keytype":"CONFIG","magic":0}', '{"compatibilityLevel":"SIDEWAYS"}'],
])('%s → %s is passed over', (key, value) => {
  expect(decodeRecord(key, value)).toBeUndefined()
})
