import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageJson, printJson } from '../../src/wire/message-json.ts'
import {
  array,
  bigint64,
  bool,
  bytes,
  int32,
  int64,
  message,
  nullable,
  nullableString,
  string,
  struct,
} from '../../src/wire/schema.ts'

const Sample = message({
  name: 'Sample',
  versions: '0-2',
  flexible: '1+',
  fields: {
    name: { type: string, versions: '0+' },
    old: { type: int32, versions: '0' },
    sizeBytes: { type: int64, versions: '0+' },
    hash: { type: bigint64, versions: '1+', default: 0n, tag: 0 },
    rack: { type: nullableString, versions: '2+', default: null, tag: 1 },
    racks: { type: nullable(array(string)), versions: '2+', default: [], tag: 2 },
    parts: {
      type: array(struct({ isLast: { type: bool, versions: '0+' }, data: { type: bytes, versions: '1+' } })),
      versions: '0+',
    },
  },
})
const VALUE = {
  name: 'a "b"\n',
  old: 7,
  sizeBytes: 12,
  hash: 0n,
  rack: null,
  racks: [] as string[] | null,
  parts: [{ isLast: true, data: Buffer.from([0, 255]) }],
}
const printed = (value: typeof VALUE, version: number) => printJson(messageJson(Sample, value, version))

describe('a message as JSON', () => {
  test.each([
    { version: 0, text: '{"name":"a \\"b\\"\\n","old":7,"sizeBytes":12,"parts":[{"isLast":true}]}' },
    { version: 1, text: '{"name":"a \\"b\\"\\n","sizeBytes":12,"parts":[{"isLast":true,"data":"AP8="}]}' },
  ])('has the fields of version $version', ({ version, text }) => {
    expect(printed(VALUE, version)).toBe(text)
  })

  test('has tagged fields that differ from their default', () => {
    const text = printed({ ...VALUE, hash: 2n ** 63n - 1n, rack: 'r' as never, racks: null }, 2)
    expect(text).toContain('"hash":9223372036854775807,"rack":"r","racks":null,"parts":')
  })

  test.each([
    { value: 2 ** 63, text: '9223372036854775807' },
    { value: -(2 ** 63), text: '-9223372036854775808' },
    { value: 2 ** 60, text: '1152921504606846976' },
    { value: -1, text: '-1' },
  ])('prints $text as it is', ({ value, text }) => {
    expect(printed({ ...VALUE, sizeBytes: value }, 0)).toContain(`"sizeBytes":${text},`)
  })
})

test('JSON is printed as JSON.stringify prints it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      expect(printJson(value)).toBe(JSON.stringify(value))
    }),
  )
  expect(printJson({ a: undefined, b: [1n] })).toBe('{"b":[1]}')
})
