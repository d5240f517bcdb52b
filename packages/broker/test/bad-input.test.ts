/** What a broken or hostile client may send over a real socket: it gets Kafka's error, or is cut off, and nothing else is hurt. */
import { APIS, ErrorCode, encodeRequestFrame } from '@millrace/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProtocolClient } from './protocol-client.ts'
import { produceRequest, RunningBroker } from './running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.overTcp({ 'socket.request.max.bytes': 100_000 })
  await running.createTopic('kept')
  await running.produce('kept', running.batch(['before']))
})
afterAll(() => running.stop())

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
/** A frame around `header` (key and version) and a correlation id, no client id, `body`. */
const frame = (apiKey: number, version: number, body: Buffer) => {
  const header = Buffer.alloc(10)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(version, 2)
  header.writeInt16BE(-1, 8)
  return Buffer.concat([int32(header.length + body.length), header, body])
}
const produceFrame = () => {
  const request = produceRequest('kept', [{ index: 0, records: running.batch(['never']) }])
  return Buffer.concat(encodeRequestFrame({ correlationId: 1, clientId: null }, APIS.Produce.request, request, 7))
}
/** The size field says what is really there. */
const truncated = (bytes: Buffer, length: number) => Buffer.concat([int32(length - 4), bytes.subarray(4, length)])

interface Row {
  readonly what: string
  send(client: ProtocolClient): void
}
const cutOff: Row[] = [
  { what: 'a frame above the limit', send: client => client.write(int32(100_001)) },
  { what: 'a frame of 2 GB', send: client => client.write(int32(2 ** 31 - 1)) },
  { what: 'a negative length', send: client => client.write(int32(-1)) },
  { what: 'an unknown API key', send: client => client.write(frame(4_242, 0, Buffer.alloc(0))) },
  { what: 'an unknown version', send: client => client.write(frame(APIS.Produce.key, 77, Buffer.alloc(4))) },
  { what: 'a truncated body', send: client => client.write(truncated(produceFrame(), 60)) },
  {
    what: 'an array that claims two billion elements',
    send: client => client.write(frame(APIS.Metadata.key, 1, int32(2 ** 31 - 1))),
  },
  { what: 'HTTP', send: client => client.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')) },
  { what: 'a TLS greeting', send: client => client.write(Buffer.from('16030100f8010000f40303', 'hex')) },
]
test.each(cutOff)('$what ends its connection', async ({ send }) => {
  const bad = await running.connect()
  send(bad)
  await bad.closed
})

test('a client that goes away in the middle of a frame leaves nothing', async () => {
  const bad = await running.connect()
  bad.write(produceFrame().subarray(0, 50))
  bad.close()
  await bad.closed
})

test('a corrupt batch is refused and not written', async () => {
  const batch = running.batch(['never'])
  batch.writeUInt8(batch.readUInt8(70) ^ 1, 70)
  const answer = await running.produce('kept', batch)
  expect(answer).toMatchObject({ errorCode: ErrorCode.CORRUPT_MESSAGE, baseOffset: -1 })
})

test.each(['../x', '..', '/etc/passwd', 'a\0b', '__proto__', 'constructor'])('a topic named %j', async name => {
  const create = { topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] }
  const isName = /^\w+$/.test(name)
  const created = await running.client.send(APIS.CreateTopics, create)
  expect(created.topics[0]!.errorCode).toBe(isName ? ErrorCode.NONE : ErrorCode.INVALID_TOPIC_EXCEPTION)
  const described = await running.client.send(APIS.Metadata, { topics: [{ name }] }, 9)
  expect(described.topics[0]!.errorCode).toBe(isName ? ErrorCode.NONE : ErrorCode.INVALID_TOPIC_EXCEPTION)
  const produced = await running.produce(name, running.batch(['x']))
  expect(produced.errorCode).toBe(isName ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
})

test('after all that the broker lives, other connections too, and the data are what they were', async () => {
  expect(await running.values('kept')).toEqual(['before'])
  expect(await running.produce('kept', running.batch(['after']))).toMatchObject({ errorCode: 0, baseOffset: 1 })
  await running.restart()
  expect(await running.values('kept')).toEqual(['before', 'after'])
  expect(running.bugs).toEqual([])
})
