/** The registry on a topic of our broker, in this process, over the memory network. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Producer } from '@millrace/client'
import { memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registryApp } from '../../src/http/app.ts'
import { SchemaRegistry } from '../../src/registry.ts'
import { KafkaLog } from '../../src/store/kafka-log.ts'
import { ORDER, ORDER_WITH_NOTE } from '../http/registry-client.ts'

const real = realPlatform()
const platform: Platform = { ...real, network: memoryNetwork(real.timers) }
const directory = mkdtempSync(join(tmpdir(), 'millrace-registry-'))
let broker: Broker

beforeAll(async () => {
  broker = await Broker.start({
    platform,
    config: { 'log.dirs': directory, listeners: 'PLAINTEXT://127.0.0.1:0', 'message.max.bytes': 20_000 },
  })
})
afterAll(async () => {
  await broker.close()
  rmSync(directory, { recursive: true, force: true })
})

const connection = () => ({ bootstrapServers: broker.bootstrapServers, platform })

async function start(topic: string) {
  const registry = await SchemaRegistry.start({ log: new KafkaLog({ ...connection(), topic }) })
  const app = registryApp({ registry })
  async function send(method: string, path: string, body?: unknown) {
    const text = body === undefined ? null : JSON.stringify(body)
    const headers = { 'content-type': 'application/json' }
    const response = await app.fetch(new Request(`http://registry${path}`, { method, headers, body: text }))
    return { status: response.status, body: await response.json() }
  }
  const register = (subject: string, schema: unknown) =>
    send('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema) })
  return { registry, send, register, [Symbol.asyncDispose]: () => registry.close() }
}

test('what was registered is there after a restart, and ids go on', async () => {
  {
    await using first = await start('_schemas')
    expect(await first.register('a', ORDER)).toMatchObject({ status: 200, body: { id: 1 } })
    expect(await first.register('a', ORDER_WITH_NOTE)).toMatchObject({ body: { id: 2, version: 2 } })
    expect(await first.send('PUT', '/config/a', { compatibility: 'FULL' })).toMatchObject({ status: 200 })
    expect(await first.send('DELETE', '/subjects/a/versions/1')).toMatchObject({ status: 200 })
  }
  await using second = await start('_schemas')
  expect((await second.send('GET', '/subjects/a/versions')).body).toEqual([2])
  expect((await second.send('GET', '/config/a')).body).toEqual({ compatibilityLevel: 'FULL' })
  expect(await second.register('b', 'string')).toMatchObject({ body: { id: 3 } })
})

test('two registries on one topic see what the other one wrote', async () => {
  await using first = await start('shared')
  await using second = await start('shared')
  await first.register('a', ORDER)
  await expect.poll(async () => (await second.send('GET', '/subjects')).body).toEqual(['a'])
})

test('the topic is made with one partition and compacted', async () => {
  await using _registry = await start('made')
  await using admin = new Admin(connection())
  expect((await admin.describeTopics(['made'])).get('made')?.partitions).toHaveLength(1)
  const [configs] = await admin.describeConfigs([{ type: 'topic', name: 'made', settings: ['cleanup.policy'] }])
  expect(configs?.configs.get('cleanup.policy')?.value).toBe('compact')
})

test.each([
  ['more-partitions', 2, 'compact', 'has 2 partitions instead of 1'],
  ['not-compacted', 1, 'delete', 'has cleanup.policy delete and would lose schemas'],
])('a topic that would lose schemas is refused: %s', async (topic, partitions, policy, message) => {
  await using admin = new Admin(connection())
  await admin.createTopics([{ name: topic, partitions, configs: { 'cleanup.policy': policy } }])
  await expect(start(topic)).rejects.toThrow(message)
})

test('a record that is none of a registry is passed over and counted', async () => {
  await using registry = await start('odd')
  await using producer = new Producer(connection())
  await producer.send({ topic: 'odd', key: 'no json', value: 'at all' })
  await producer.send({ topic: 'odd', key: '{"keytype":"FUTURE","magic":0}', value: '{}' })
  expect(await registry.register('a', ORDER)).toMatchObject({ status: 200 })
  expect(registry.registry.skippedRecords).toBe(2)
})

test('a schema that the broker finds too large leaves everything as it was', async () => {
  await using registry = await start('small')
  const large = { type: 'record', name: 'R', doc: 'x'.repeat(30_000), fields: [] }
  expect(await registry.register('a', large)).toMatchObject({ status: 422, body: { error_code: 42209 } })
  expect(await registry.register('a', ORDER)).toMatchObject({ status: 200, body: { id: 1 } })
})
