import { describe, expect, test } from 'vitest'
import { registryApp } from '../../src/http/app.ts'
import { SchemaRegistry } from '../../src/registry.ts'
import { ORDER, ORDER_WITH_NOTE, startRegistry } from './registry-client.ts'

test('a schema is registered once, whatever its spelling', async () => {
  const { send, register, log } = await startRegistry()
  expect(await register('orders-value', ORDER)).toEqual({
    status: 200,
    body: {
      id: 1,
      version: 1,
      guid: 'b040db4b-fdae-23ea-4a07-95f3973b98c8',
      schemaType: 'AVRO',
      schema: JSON.stringify(ORDER),
      ts: 1_000,
      deleted: false,
    },
  })
  expect(await register('orders-value', { fields: ORDER.fields, name: 'Order', type: 'record' })).toMatchObject({
    body: { id: 1 },
  })
  expect(log.entries.map(entry => entry.key)).toEqual([
    '{"keytype":"SCHEMA","subject":"orders-value","version":1,"magic":1}',
  ])
  expect(await send('GET', '/schemas/ids/1')).toMatchObject({ body: { schema: JSON.stringify(ORDER) } })
})

test('registrations at the same time get different ids and versions', async () => {
  const { send, register } = await startRegistry()
  await send('PUT', '/config', { compatibility: 'NONE' })
  const sizes = Array.from({ length: 50 }, (_, index) => index + 1)
  const answers = await Promise.all(sizes.map(size => register('a', { type: 'fixed', name: 'F', size })))
  expect(answers.map(({ body }) => (body as { id: number }).id)).toEqual(sizes)
  expect((await send('GET', '/subjects/a/versions')).body).toEqual(sizes)
})

test('a registry that starts on the log of another one knows everything', async () => {
  const { log, send, register } = await startRegistry()
  await register('a', ORDER)
  await register('a', ORDER_WITH_NOTE)
  await register(':.eu:b', ORDER)
  await send('DELETE', '/subjects/a/versions/1')
  await send('PUT', '/config/a', { compatibility: 'FULL', defaultMetadata: { properties: { owner: 'x' } } })
  await send('PUT', '/mode/:.eu:', { mode: 'READONLY' })
  const reads = [
    '/subjects?deleted=true',
    '/schemas?deleted=true',
    '/config/a',
    '/mode/:.eu:',
    '/contexts',
    '/schemas/ids/1',
  ]
  const before = await Promise.all(reads.map(path => send('GET', path)))
  const app = registryApp({ registry: await SchemaRegistry.start({ log }) })
  const after = await Promise.all(
    reads.map(async path => {
      const response = await app.fetch(new Request(`http://registry${path}`))
      return { status: response.status, body: await response.json() }
    }),
  )
  expect(after).toEqual(before)
})

test('an id that another registry gave out at the same moment is an error, and the next try gets another one', async () => {
  const { log, register } = await startRegistry()
  const rival = { subject: 'rival', version: 1, id: 1, schemaType: 'AVRO', schema: '"int"', deleted: false }
  const append = log.append.bind(log)
  log.append = async records => {
    log.append = append
    log.put('{"keytype":"SCHEMA","subject":"rival","version":1,"magic":1}', JSON.stringify(rival))
    await append(records)
  }
  expect(await register('a', ORDER)).toMatchObject({ status: 500, body: { error_code: 50001 } })
  expect(await register('a', ORDER)).toMatchObject({ status: 200, body: { id: 2 } })
})

describe('aliases', () => {
  test('a subject with an alias in its config stands for the other one', async () => {
    const { send, register } = await startRegistry()
    await register('orders', ORDER)
    await send('PUT', '/config/old-orders', { alias: 'orders' })
    expect(await send('GET', '/subjects/old-orders/versions/1')).toMatchObject({ body: { subject: 'orders' } })
    expect(await send('GET', '/config/old-orders')).toMatchObject({ body: { alias: 'orders' } })
  })
})

test('what refers to a version is listed by id', async () => {
  const { send, register } = await startRegistry()
  await register('line', { type: 'record', name: 'Line', namespace: 'shop', fields: [] })
  const cart = { type: 'record', name: 'Cart', fields: [{ name: 'line', type: 'shop.Line' }] }
  await register('cart', cart, { references: [{ name: 'shop.Line', subject: 'line', version: -1 }] })
  expect(await send('GET', '/subjects/line/versions/1/referencedby')).toEqual({ status: 200, body: [2] })
  expect(await send('GET', '/subjects/cart/versions/1')).toMatchObject({
    body: { references: [{ name: 'shop.Line', subject: 'line', version: 1 }] },
  })
})

test('a GUID names the schema in every context', async () => {
  const { send, register } = await startRegistry()
  await register('first', 'int')
  await register('a', ORDER)
  await register(':.eu:a', ORDER)
  const guid = 'b040db4b-fdae-23ea-4a07-95f3973b98c8'
  expect((await send('GET', `/schemas/guids/${guid}/ids`)).body).toEqual([
    { context: '.', id: 2 },
    { context: '.eu', id: 1 },
  ])
  expect(await send('GET', `/schemas/guids/${guid}`)).toMatchObject({ body: { schema: JSON.stringify(ORDER) } })
})

test('metadata finds the newest version that has it', async () => {
  const { send, register } = await startRegistry()
  await register('a', ORDER, { metadata: { properties: { major: '1', team: 'x' } } })
  await register('a', ORDER_WITH_NOTE, { metadata: { properties: { major: '2', team: 'x' } } })
  const found = async (query: string) => (await send('GET', `/subjects/a/metadata?${query}`)).body
  expect(await found('key=team&value=x')).toMatchObject({ version: 2 })
  expect(await found('key=team&value=x&key=major&value=1')).toMatchObject({ version: 1 })
  expect(await found('key=major&value=3')).toMatchObject({ error_code: 40403 })
})
