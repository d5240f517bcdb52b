import { expect, test } from 'vitest'
import { APIS, apiOfKey } from '../src/apis.ts'
import { decodeResponse } from '../src/wire/frame.ts'
import recorded from './messages/recorded-frames.json' with { type: 'json' }

test.each(Object.entries(APIS))('%s', (name, api) => {
  expect(api.name).toBe(name)
  expect([api.request.name, api.response.name]).toEqual([`${name}Request`, `${name}Response`])
  expect(api.response.apiKey).toBe(api.key)
  expect(apiOfKey(api.key)).toBe(api)
  expect(api.response.versions).toEqual(api.request.versions)
  // What is advertised must be served.
  expect(api.advertised.min).toBeGreaterThanOrEqual(api.request.versions.min)
  expect(api.advertised.max).toBeLessThanOrEqual(api.request.versions.max)
})

test('the advertised ranges are those that Apache Kafka 4.3.1 answered with', () => {
  const answer = recorded.find(row => row.api === 'ApiVersions' && row.version === 4 && row.client.endsWith('4.3.1'))
  const { apiKeys } = decodeResponse(APIS.ApiVersions.response, Buffer.from(answer!.response, 'hex'), 4)
  const ofKafka = new Map(apiKeys.map(row => [row.apiKey, { min: row.minVersion, max: row.maxVersion }]))
  for (const api of Object.values(APIS)) expect(api.advertised, api.name).toEqual(ofKafka.get(api.key))
})

test('Produce is advertised from 0 on, or librdkafka stops compressing', () => {
  expect(APIS.Produce.advertised.min).toBe(0)
})

test('a key that is not in the table leads nowhere', () => {
  expect(apiOfKey(4)).toBeUndefined()
})
