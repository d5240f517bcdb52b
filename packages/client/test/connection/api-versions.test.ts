import { APIS, type ApiName } from '@millrace/protocol'
import { expect, test } from 'vitest'
import { ApiVersions } from '../../src/connection/api-versions.ts'

function versions(ranges: Partial<Record<ApiName, [number, number]>>) {
  const apiKeys = Object.entries(ranges).map(([name, [minVersion, maxVersion]]) => ({
    apiKey: APIS[name as ApiName].key,
    minVersion,
    maxVersion,
  }))
  return new ApiVersions('broker:9092', { apiKeys })
}

const CASES: readonly [
  api: ApiName,
  advertised: [number, number],
  cap: number | undefined,
  version: number | string,
][] = [
  ['Fetch', [4, 12], undefined, 12],
  ['Fetch', [4, 18], undefined, 18],
  ['Fetch', [4, 99], undefined, 18],
  ['Fetch', [4, 18], 12, 12],
  ['Fetch', [0, 11], undefined, 'speaks Fetch 0-11, this client 12-18'],
  ['Fetch', [19, 20], undefined, 'speaks Fetch 19-20, this client 12-18'],
  ['Produce', [0, 13], undefined, 13],
  ['Produce', [0, 8], undefined, 'speaks Produce 0-8, this client 9-13'],
  ['OffsetCommit', [2, 10], undefined, 9],
  ['OffsetFetch', [1, 10], undefined, 9],
  ['ListGroups', [0, 0], undefined, 0],
  // Later versions are for brokers.
  ['AddPartitionsToTxn', [0, 5], undefined, 3],
  ['EndTxn', [0, 5], 4, 4],
]
test.each(CASES)('%s, broker %j, cap %s: %s', (name, advertised, cap, expected) => {
  const of = () => versions({ [name]: advertised }).of(APIS[name], cap)
  if (typeof expected === 'number') expect(of()).toBe(expected)
  else expect(of).toThrow(`broker broker:9092 ${expected}: use Apache Kafka 2.8 or newer`)
})
test('an API that the broker does not have is refused when it is used', () => {
  const some = versions({ Metadata: [0, 12] })
  expect(() => some.of(APIS.EndTxn)).toThrow('does not know EndTxn requests')
})
test('features are at the level that the cluster has agreed on', () => {
  const finalizedFeatures = [{ name: 'transaction.version', minVersionLevel: 1, maxVersionLevel: 2 }]
  const known = new ApiVersions('broker:9092', { apiKeys: [], finalizedFeatures })
  expect([known.finalizedLevelOf('transaction.version'), known.finalizedLevelOf('group.version')]).toEqual([2, 0])
  expect(versions({}).finalizedLevelOf('transaction.version')).toBe(0)
})
