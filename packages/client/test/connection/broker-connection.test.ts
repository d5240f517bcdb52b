import { type Connection, memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import { APIS, ErrorCode, encodeResponseFrame } from '@millrace/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { BrokerConnection, type ConnectionSettings } from '../../src/connection/broker-connection.ts'
import { answerApiVersions, type ReceivedRequest, type Script, ScriptedBroker } from './scripted-broker.ts'

const real = realPlatform()
const SETTINGS: ConnectionSettings = { clientId: 'test', connectTimeoutMs: 2_000, maxIdleMs: -1 }
const brokers: ScriptedBroker[] = []
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close()
})

async function connect(script: Script, settings: Partial<ConnectionSettings> = {}) {
  const platform: Platform = { ...real, network: memoryNetwork(real.timers) }
  const broker = await ScriptedBroker.listen(platform.network, script)
  brokers.push(broker)
  const onClosed = vi.fn()
  const { signal } = new AbortController()
  const opening = BrokerConnection.open(broker.address, { ...SETTINGS, ...settings }, platform, onClosed, signal)
  return { broker, onClosed, opening }
}
const metadata = (connection: BrokerConnection, timeoutMs = 2_000) =>
  connection.request(APIS.Metadata, () => ({ topics: [] }), { timeoutMs })
const answerMetadata = ({ correlationId, version }: ReceivedRequest, connection: Connection) => {
  const answer = { brokers: [], topics: [], clusterId: `answer ${correlationId}` }
  connection.write(encodeResponseFrame(correlationId, APIS.Metadata.response, answer, version))
}
/** The handshake, then `script`. */
const afterHandshake =
  (script: Script): Script =>
  (request, connection, index) =>
    request.apiKey === APIS.ApiVersions.key
      ? answerApiVersions(request, connection)
      : script(request, connection, index)

test('opens with the newest ApiVersions and speaks the highest common versions', async () => {
  const { broker, opening } = await connect(afterHandshake(answerMetadata))
  const connection = await opening
  await metadata(connection)
  expect(broker.requests.map(({ apiKey, version }) => [apiKey, version])).toEqual([
    [18, 4],
    [3, 13],
  ])
  connection.close()
})
test.each([
  ['names the version it knows', [{ apiKey: 18, minVersion: 0, maxVersion: 2 }], [4, 2]],
  ['names none', [], [4, 0]],
])('falls back when a broker that does not know the version %s', async (_, known, expected) => {
  const { broker, opening } = await connect((request, connection) => {
    if (request.version <= 2) return answerApiVersions(request, connection)
    const refusal = { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: known }
    connection.write(encodeResponseFrame(request.correlationId, APIS.ApiVersions.response, refusal, 0))
  })
  const connection = await opening
  expect(broker.requests.map(({ version }) => version)).toEqual(expected)
  connection.close()
})
test('many requests at a time get their own answers', async () => {
  const { opening } = await connect(afterHandshake(answerMetadata))
  const connection = await opening
  const answers = await Promise.all(Array.from({ length: 20 }, () => metadata(connection)))
  expect(answers.map(({ clusterId }) => clusterId)).toEqual(answers.map((_, index) => `answer ${index + 1}`))
  connection.close()
})

const BROKEN_ANSWERS: readonly [string, (request: ReceivedRequest, connection: Connection) => void, RegExp][] = [
  [
    'an answer to nothing',
    (_, connection) => connection.write([Buffer.from('0000000400000063', 'hex')]),
    /belongs to no/,
  ],
  ['an empty frame', (_, connection) => connection.write([Buffer.alloc(4)]), /belongs to no request/],
  [
    'a frame of 2 GB',
    (_, connection) => connection.write([Buffer.from('7fffffff', 'hex')]),
    /frame of 2147483647 bytes/,
  ],
  ['HTTP', (_, connection) => connection.write([Buffer.from('HTTP/1.1 400 Bad Request')]), /is this a Kafka broker/],
  [
    'a cut body',
    ({ correlationId }, connection) => {
      const frame = Buffer.alloc(9)
      frame.writeInt32BE(5)
      frame.writeInt32BE(correlationId, 4)
      connection.write([frame])
    },
    /malformed MetadataResponse/,
  ],
  ['the end', (_, connection) => connection.end(), /closed by the broker/],
  ['a reset', (_, connection) => connection.destroy(), /connection to/],
]
test.each(BROKEN_ANSWERS)('%s breaks the connection and fails what is in flight', async (_, answer, reason) => {
  const { opening, onClosed } = await connect(afterHandshake(answer))
  const connection = await opening
  const [first, second] = await Promise.allSettled([metadata(connection), metadata(connection)])
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_FAILED', retriable: true } })
  expect(String((first as PromiseRejectedResult).reason)).toMatch(reason)
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_FAILED' } })
  await expect(metadata(connection)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
  expect(connection.isOpen).toBe(false)
  expect(onClosed).toHaveBeenCalledOnce()
})
test('an answer that skips a request breaks the connection', async () => {
  const { opening } = await connect(
    afterHandshake((request, connection, index) => {
      if (index === 2) answerMetadata(request, connection)
    }),
  )
  const connection = await opening
  const results = await Promise.allSettled([metadata(connection), metadata(connection)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
test('a late answer ends the connection, because what it still carries is unknown', async () => {
  const { opening, onClosed } = await connect(afterHandshake(() => {}))
  const connection = await opening
  await expect(metadata(connection, 20)).rejects.toMatchObject({ code: 'TIMED_OUT', retriable: true })
  expect(onClosed).toHaveBeenCalledOnce()
})
test('a broker that accepts and says nothing is given up', async () => {
  const { opening } = await connect(() => {}, { connectTimeoutMs: 20 })
  await expect(opening).rejects.toMatchObject({ code: 'TIMED_OUT' })
})
test('nobody there is a retriable failure', async () => {
  const platform: Platform = { ...real, network: memoryNetwork(real.timers) }
  const { signal } = new AbortController()
  const opening = BrokerConnection.open({ host: '127.0.0.1', port: 1 }, SETTINGS, platform, () => {}, signal)
  await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
})
test('close fails what is in flight, once', async () => {
  const { opening, onClosed } = await connect(afterHandshake(() => {}))
  const connection = await opening
  const pending = metadata(connection)
  connection.close()
  connection.close()
  await expect(pending).rejects.toThrow('closed by this client')
  expect(onClosed).toHaveBeenCalledOnce()
})
