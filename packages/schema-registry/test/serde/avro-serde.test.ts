import { realPlatform } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { AvroSerde, SchemaNotLoadedError } from '../../src/serde/avro-serde.ts'
import { HttpRegistryClient } from '../../src/serde/http-client.ts'
import { InProcessRegistryClient } from '../../src/serde/in-process-client.ts'
import { RegistryCallError, type RegistryClient } from '../../src/serde/registry-client.ts'
import { schemaHeaderValue, VALUE_SCHEMA_HEADER } from '../../src/serde/wire-format.ts'
import { ORDER, ORDER_WITH_NOTE, startRegistry } from '../http/registry-client.ts'

const { timers } = realPlatform()
type Registry = Awaited<ReturnType<typeof startRegistry>>

const clients: [name: string, connect: (registry: Registry) => RegistryClient][] = [
  ['in the process', ({ registry }) => new InProcessRegistryClient(registry)],
  [
    'over HTTP',
    ({ app }) =>
      new HttpRegistryClient({ urls: 'http://registry', timers, fetch: async request => app.fetch(request) }),
  ],
]

describe.each(clients)('a registry %s', (_, connect) => {
  test('what is written is read, also through a newer schema', async () => {
    const registry = connect(await startRegistry())
    const writer = new AvroSerde<{ id: number }>({ registry, schema: JSON.stringify(ORDER) })
    await writer.prepare('orders')
    const bytes = writer.serialize('orders', { id: 7 })
    expect(bytes.toString('hex')).toBe('00000000010e')
    const reader = new AvroSerde<{ id: number; note: string }>({
      registry,
      readerSchema: JSON.stringify(ORDER_WITH_NOTE),
    })
    await reader.load(bytes)
    expect({ ...reader.deserialize('orders', bytes) }).toEqual({ id: 7, note: '' })
  })

  test('the subject follows from topic, side and strategy', async () => {
    const started = await startRegistry()
    const registry = connect(started)
    const schema = JSON.stringify(ORDER)
    await new AvroSerde({ registry, schema, isKey: true }).prepare('orders')
    await new AvroSerde({ registry, schema, subjectNameStrategy: 'TopicRecordName' }).prepare('orders')
    expect((await started.send('GET', '/subjects')).body).toEqual(['orders-Order', 'orders-key'])
  })

  test('without auto registration an unknown schema is an error', async () => {
    const registry = connect(await startRegistry())
    const serde = new AvroSerde({ registry, schema: '"int"', autoRegisterSchemas: false })
    await expect(serde.prepare('orders')).rejects.toMatchObject({ code: 'REGISTRY_40401', retriable: false })
  })

  test('an incompatible schema is an error with the reason', async () => {
    const started = await startRegistry()
    await started.register('orders-value', ORDER)
    const serde = new AvroSerde({ registry: connect(started), schema: '"int"' })
    await expect(serde.prepare('orders')).rejects.toThrow('TYPE_MISMATCH')
  })

  test('a GUID in the header names the schema', async () => {
    const started = await startRegistry()
    await started.register('orders-value', ORDER)
    const serde = new AvroSerde<object>({ registry: connect(started) })
    const headers = [{ key: VALUE_SCHEMA_HEADER, value: schemaHeaderValue('b040db4b-fdae-23ea-4a07-95f3973b98c8') }]
    await serde.load(Buffer.of(0x0e), headers)
    expect({ ...serde.deserialize('orders', Buffer.of(0x0e), headers) }).toEqual({ id: 7 })
  })

  test('types of references are written out for readers', async () => {
    const started = await startRegistry()
    await started.register('line', { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] })
    const cart = { type: 'record', name: 'Cart', fields: [{ name: 'line', type: 'Line' }] }
    await started.register('cart', cart, { references: [{ name: 'Line', subject: 'line', version: 1 }] })
    const serde = new AvroSerde<{ line: { sku: string } }>({ registry: connect(started) })
    const bytes = Buffer.from('00000000020278', 'hex')
    await serde.load(bytes)
    expect(serde.deserialize('carts', bytes).line.sku).toBe('x')
  })

  test('a schema that is only bytes has a payload that is only those bytes', async () => {
    const registry = connect(await startRegistry())
    const serde = new AvroSerde<Buffer>({ registry, schema: '"bytes"' })
    await serde.prepare('blobs')
    const bytes = serde.serialize('blobs', Buffer.from('ab'))
    expect(bytes.toString('hex')).toBe('00000000016162')
    await serde.load(bytes)
    expect(serde.deserialize('blobs', bytes)).toEqual(Buffer.from('ab'))
  })

  test.each([
    ['empty', '', 'the message is empty'],
    ['not framed', '7b7d', 'the magic byte is 123'],
    ['of an unknown schema', '000000006300', 'Schema 99 not found'],
  ])('a message that is %s', async (_, hex, message) => {
    const serde = new AvroSerde({ registry: connect(await startRegistry()) })
    await expect(serde.load(Buffer.from(hex, 'hex'))).rejects.toThrow(message)
  })
})

test('a client in the process needs no loading, a remote one says what to wait for', async () => {
  const started = await startRegistry()
  await started.register('a', ORDER)
  const bytes = Buffer.from('00000000010e', 'hex')
  const [[, local], [, remote]] = clients as [(typeof clients)[0], (typeof clients)[0]]
  expect(new AvroSerde<{ id: number }>({ registry: local(started) }).deserialize('t', bytes).id).toBe(7)
  const serde = new AvroSerde<{ id: number }>({ registry: remote(started) })
  let error: unknown
  try {
    serde.deserialize('t', bytes)
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(SchemaNotLoadedError)
  await (error as SchemaNotLoadedError).loaded
  expect(serde.deserialize('t', bytes).id).toBe(7)
})

describe('a remote registry that fails', () => {
  const failing = (fetch: (request: Request) => Promise<Response>, urls = 'http://a,http://b') =>
    new HttpRegistryClient({ urls, timers, fetch, requestTimeoutMs: 50 })

  test('the next URL is asked', async () => {
    const asked: string[] = []
    const client = failing(async request => {
      asked.push(new URL(request.url).host)
      if (asked.length === 1) throw new Error('refused')
      return Response.json({ schema: '"int"' })
    })
    expect(await client.byId(1)).toEqual({ schemaType: 'AVRO', text: '"int"' })
    expect(asked).toEqual(['a', 'b'])
  })

  test.each<[name: string, fetch: (request: Request) => Promise<Response>, expected: object]>([
    [
      'no answer',
      request =>
        new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason))),
      { code: 'REGISTRY_UNREACHABLE', retriable: true },
    ],
    ['an answer that is not JSON', async () => new Response('<html>'), { retriable: false }],
    ['an answer without a schema', async () => Response.json({}), { retriable: false }],
    ['an error without a body', async () => new Response(null, { status: 503 }), { errorCode: 503, retriable: true }],
  ])('%s', async (_, fetch, expected) => {
    const call = failing(fetch).byId(1)
    await expect(call).rejects.toBeInstanceOf(RegistryCallError)
    await expect(call).rejects.toMatchObject(expected)
  })

  test('user and password of the URL are sent as a header and not in the URL', async () => {
    let request: Request | undefined
    const client = failing(async sent => {
      request = sent
      return Response.json({ schema: '"int"' })
    }, 'http://me:p%40ss@a/base/')
    await client.byId(1)
    expect(request?.url).toBe('http://a/base/schemas/ids/1?format=resolved')
    expect(request?.headers.get('authorization')).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  })
})
