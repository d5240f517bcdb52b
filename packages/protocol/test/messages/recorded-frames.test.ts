/**
 * Frames that real clients exchanged with a real broker: kcat 1.7.1 (librdkafka 2.0.2) and the tools of Apache Kafka
 * 3.9.2 and 4.3.1, recorded in front of Apache Kafka 4.3.1. Frames come without their size.
 */
import { expect, test } from 'vitest'
import { APIS, type Api } from '../../src/apis.ts'
import {
  ConsumerProtocolSubscription,
  decodeConsumerProtocol,
  encodeConsumerProtocol,
} from '../../src/data/consumer-protocol.ts'
import { openRequest } from '../../src/incoming-request.ts'
import { JoinGroupRequest } from '../../src/messages/11-join-group.ts'
import { decodeFrom } from '../../src/wire/compile.ts'
import { decodeResponse, encodeRequestFrame, encodeResponseFrame } from '../../src/wire/frame.ts'
import recorded from './recorded-frames.json' with { type: 'json' }

const FRAMES = recorded.map(row => ({
  ...row,
  api: APIS[row.api as keyof typeof APIS] as Api,
  name: row.api,
  request: Buffer.from(row.request, 'hex'),
  response: Buffer.from(row.response, 'hex'),
}))

const withoutSize = (chunks: Uint8Array[]) => Buffer.concat(chunks).subarray(4)

test.each(FRAMES)('$name v$version of $client keeps its bytes', ({ api, version, request, response }) => {
  const incoming = openRequest(request)
  expect(incoming).toMatchObject({ api, apiKey: api.key, version })
  const asked = decodeFrom(api.request, incoming.reader, version)
  expect(incoming.reader.remaining).toBe(0)
  expect(withoutSize(encodeRequestFrame(incoming, api.request, asked, version)).toString('hex')).toBe(
    request.toString('hex'),
  )
  const answered = decodeResponse(api.response, response, version)
  const frame = encodeResponseFrame(incoming.correlationId, api.response, answered, version)
  expect(withoutSize(frame).toString('hex')).toBe(response.toString('hex'))
})

test('subscriptions inside JoinGroup requests can be read, and ours are those of the Java client', () => {
  let ofJava = 0
  for (const { name, client, version, request } of FRAMES) {
    if (name !== 'JoinGroup') continue
    const { protocols } = decodeFrom(JoinGroupRequest, openRequest(request).reader, version)
    for (const { metadata } of protocols) {
      const subscription = decodeConsumerProtocol(ConsumerProtocolSubscription, metadata)
      expect(subscription.topics).toEqual(['orders'])
      if (!client.startsWith('apache-kafka-java')) continue
      expect(encodeConsumerProtocol(ConsumerProtocolSubscription, subscription).equals(metadata)).toBe(true)
      ofJava++
    }
  }
  expect(ofJava).toBeGreaterThan(0)
})
