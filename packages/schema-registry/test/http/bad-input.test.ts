import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REGISTRY_ROUTES } from '../../src/http/app.ts'
import { ORDER, startRegistry } from './registry-client.ts'

const schema = (text: string) => ({ schema: text })

describe('a bad request gets the code of the original, and nothing is lost', () => {
  test.each<[name: string, method: string, path: string, body: unknown, code: number, message: string]>([
    ['a body that is not JSON', 'POST', '/subjects/a/versions', '{"schema":', 400, 'unexpected end of the text'],
    ['a body that is no object', 'POST', '/subjects/a/versions', '[1]', 400, 'not a JSON object'],
    ['no body', 'POST', '/subjects/a/versions', undefined, 422, 'no body'],
    ['a member of the wrong type', 'POST', '/subjects/a/versions', { schema: {} }, 400, 'schema is not a text'],
    [
      'references that are no list',
      'POST',
      '/subjects/a/versions',
      { schema: '"int"', references: 5 },
      400,
      'references',
    ],
    [
      'an id past 32 bits',
      'POST',
      '/subjects/a/versions',
      { schema: '"int"', id: 2 ** 40 },
      400,
      'id is not a 32-bit integer',
    ],
    ['an empty schema', 'POST', '/subjects/b/versions', {}, 42201, 'Empty schema'],
    [
      'a schema that is not JSON',
      'POST',
      '/subjects/a/versions',
      schema('record'),
      42201,
      'Invalid schema of type AVRO, details: ',
    ],
    [
      'a reference to a word of JavaScript',
      'POST',
      '/subjects/a/versions',
      schema('"constructor"'),
      42201,
      'undefined name',
    ],
    ['a schema nested too deep', 'POST', '/subjects/a/versions', schema('['.repeat(5_000)), 42201, 'levels of nesting'],
    [
      'an unknown type',
      'POST',
      '/subjects/a/versions',
      { schema: '{}', schemaType: 'XML' },
      42201,
      'Invalid schema type XML',
    ],
    [
      'a hostile type',
      'POST',
      '/subjects/a/versions',
      { schema: '{}', schemaType: '__proto__' },
      42201,
      'Invalid schema type __proto__',
    ],
    ['an incompatible schema', 'POST', '/subjects/a/versions', schema('"int"'), 40901, '{oldSchemaVersion: 1}'],
    ['a reserved subject', 'POST', '/subjects/__GLOBAL/versions', schema('"int"'), 42208, "'__GLOBAL' is not a valid"],
    ['a control character', 'POST', '/subjects/a%00b/versions', schema('"int"'), 42208, 'is not a valid'],
    ['an unknown subject', 'GET', '/subjects/none/versions', undefined, 40401, "Subject 'none' not found."],
    ['an unknown version', 'GET', '/subjects/a/versions/7', undefined, 40402, 'Version 7 not found.'],
    ['a version that is none', 'GET', '/subjects/a/versions/0', undefined, 42202, "'0' is not a valid version id"],
    ['a version past 32 bits', 'GET', '/subjects/a/versions/2147483648', undefined, 42202, 'not a valid version id'],
    ['an unknown id', 'GET', '/schemas/ids/9', undefined, 40403, 'Schema 9 not found'],
    ['the text of an unknown id', 'GET', '/schemas/ids/9/schema', undefined, 40403, 'Schema 9 not found'],
    ['an id that is no number', 'GET', '/schemas/ids/x', undefined, 404, 'Not Found'],
    ['a GUID that is none', 'GET', '/schemas/guids/x', undefined, 40403, 'Schema x not found'],
    ['an unknown level', 'PUT', '/config', { compatibility: 'SIDEWAYS' }, 42203, 'Invalid compatibility level'],
    ['an unknown mode', 'PUT', '/mode', { mode: 'UPSIDEDOWN' }, 42204, 'Invalid mode'],
    [
      'a permanent delete of what is live',
      'DELETE',
      '/subjects/a?permanent=true',
      undefined,
      40405,
      'was not deleted first',
    ],
    ['a context with a colon', 'GET', '/contexts/a:b/subjects', undefined, 400, 'contains a colon'],
    ['a path that is none', 'GET', '/nothing/here', undefined, 404, 'Not Found'],
    ['a method that is none here', 'DELETE', '/subjects', undefined, 405, 'Method Not Allowed'],
  ])('%s', async (_, method, path, body, code, message) => {
    const { send, register, log, internalErrors } = await startRegistry()
    await register('a', ORDER)
    const answer = await send(method, path, body)
    expect(answer.status).toBe(Number(String(code).slice(0, 3)))
    expect(answer.body).toMatchObject({ error_code: code, message: expect.stringContaining(message) })
    expect(internalErrors).toEqual([])
    expect(log.entries).toHaveLength(1)
    expect(await send('GET', '/subjects')).toEqual({ status: 200, body: ['a'] })
  })
})

test('a body that is too large is not read to its end', async () => {
  const { app, log } = await startRegistry({ maxBodyBytes: 1_000 })
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 100
      controller.enqueue(Buffer.alloc(100, 0x20))
    },
  })
  const request = new Request('http://registry/subjects/a/versions', { method: 'POST', body: endless, duplex: 'half' })
  expect((await app.fetch(request)).status).toBe(413)
  expect(sent).toBeLessThan(3_000)
  expect(log.entries).toEqual([])
})

test.each([
  ['accept', 'text/csv', 406],
  ['content-type', 'text/plain', 415],
])('%s: %s is answered with %d', async (header, value, status) => {
  const { send } = await startRegistry()
  expect(await send('POST', '/subjects/a/versions', schema('"int"'), { [header]: value })).toMatchObject({ status })
})

test('names of JavaScript are subjects, properties and metadata like any other', async () => {
  const { send, register, internalErrors } = await startRegistry()
  const before = Object.getOwnPropertyNames(Object.prototype)
  const hostile =
    '{"type":"record","name":"__proto__","fields":[{"name":"constructor","type":"int"}],"__proto__":{"x":1}}'
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const body = `{"schema":${JSON.stringify(hostile)},"metadata":{"properties":{"__proto__":"p"},"tags":{"__proto__":["t"]}}}`
    expect(await send('POST', `/subjects/${name}/versions`, body)).toMatchObject({ status: 200 })
    expect((await send('GET', `/subjects/${name}/versions/latest/schema`)).body).toEqual(JSON.parse(hostile))
    expect(JSON.stringify((await send('GET', `/subjects/${name}/versions/1`)).body)).toContain('"__proto__":"p"')
    expect(await send('PUT', `/config/${name}`, { compatibility: 'NONE' })).toMatchObject({ status: 200 })
  }
  expect(await register('plain', ORDER)).toMatchObject({ status: 200 })
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
  expect(({} as Record<string, unknown>).x).toBeUndefined()
  expect(internalErrors).toEqual([])
})

test('no body makes any route fail on its own account', async () => {
  const { send, internalErrors } = await startRegistry()
  const segment = fc.constantFrom('a', '1', 'latest', '.eu', ':.eu:', ':.eu:b', '%00', 'x%2Fy', '__proto__')
  const member = fc.constantFrom(
    'schema',
    'schemaType',
    'references',
    'metadata',
    'ruleSet',
    'version',
    'id',
    'mode',
    'compatibility',
  )
  const body = fc.dictionary(member, fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant('"string"')))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...REGISTRY_ROUTES), segment, body, async (route, text, json) => {
      const path = route.path.replace(/:\w+/g, () => text)
      const answer = await send(route.method, path, route.method === 'GET' ? undefined : json)
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 300 },
  )
  expect(internalErrors).toEqual([])
})
