/** Rules of deletes, modes, contexts, references and metadata, as sequences of requests. */
import { describe, expect, test } from 'vitest'
import { type Answer, ORDER, ORDER_WITH_NOTE, startRegistry } from '../http/registry-client.ts'

type Step = readonly [request: string, expected: unknown, body?: unknown]

const FIXED_4 = { type: 'fixed', name: 'F', size: 4 }
const LINE = { type: 'record', name: 'Line', namespace: 'shop', fields: [] }
const CART = { type: 'record', name: 'Cart', namespace: 'shop', fields: [{ name: 'line', type: 'shop.Line' }] }
const text = (schema: unknown, more: object = {}) => ({ schema: JSON.stringify(schema), ...more })
const code = (error_code: number) => expect.objectContaining({ error_code })
const has = (members: object) => expect.objectContaining(members)
const referringTo = (version: number) => ({ references: [{ name: 'shop.Line', subject: 'line', version }] })

const LIVES: Record<string, readonly Step[]> = {
  'a version is deleted softly, then for good': [
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['POST /subjects/a/versions', has({ id: 2 }), text(ORDER_WITH_NOTE)],
    ['DELETE /subjects/a/versions/1?permanent=true', code(40407)],
    ['DELETE /subjects/a/versions/1', 1],
    ['DELETE /subjects/a/versions/1', code(40406)],
    ['GET /subjects/a/versions?deletedAsNegative=true', [-1, 2]],
    ['GET /schemas/ids/1', has({ deleted: true })],
    ['DELETE /subjects/a/versions/1?permanent=true', 1],
    ['GET /schemas/ids/1', code(40403)],
  ],
  'versions go on after a soft delete of the subject, ids come back': [
    ['POST /subjects/a/versions', has({ id: 1, version: 1 }), text(ORDER)],
    ['DELETE /subjects/a', [1]],
    ['DELETE /subjects/a', code(40404)],
    ['POST /subjects/a', code(40401), text(ORDER)],
    ['POST /subjects/a/versions', has({ id: 1, version: 2 }), text(ORDER)],
    ['GET /subjects/a/versions?deleted=true', [2]],
  ],
  'all starts anew after a hard delete, but for ids': [
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['PUT /config/a', has({ compatibility: 'FULL' }), { compatibility: 'full' }],
    ['DELETE /subjects/a', [1]],
    ['DELETE /subjects/a?permanent=true', [1]],
    ['GET /config/a', code(40408)],
    ['POST /subjects/a/versions', has({ id: 2, version: 1 }), text(ORDER)],
  ],
  'deleted versions are no history': [
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['DELETE /subjects/a/versions/latest', 1],
    ['POST /subjects/a/versions', has({ id: 2, version: 2 }), text(FIXED_4)],
  ],
  'what is referred to stays': [
    ['POST /subjects/line/versions', has({ id: 1 }), text(LINE)],
    ['POST /subjects/cart/versions', code(42201), text(CART, referringTo(7))],
    ['POST /subjects/cart/versions', has({ id: 2 }), text(CART, referringTo(1))],
    ['DELETE /subjects/line', code(42206)],
    ['DELETE /subjects/cart', [1]],
    ['DELETE /subjects/line/versions/1', 1],
    ['DELETE /subjects/line/versions/1?permanent=true', code(42206)],
    ['DELETE /subjects/cart?permanent=true', [1]],
    ['DELETE /subjects/line/versions/1?permanent=true', 1],
  ],
  'a read-only subject answers what it has and takes nothing': [
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['PUT /mode/a', { mode: 'READONLY' }, { mode: 'READONLY' }],
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['POST /subjects/a/versions', code(42205), text(ORDER_WITH_NOTE)],
    ['PUT /config/a', code(42205), { compatibility: 'NONE' }],
    ['DELETE /subjects/a', code(42205)],
    ['DELETE /mode/a', { mode: 'READONLY' }],
    ['POST /subjects/a/versions', has({ id: 2 }), text(ORDER_WITH_NOTE)],
  ],
  'an import keeps ids and versions': [
    ['PUT /mode/a', { mode: 'IMPORT' }, { mode: 'IMPORT' }],
    ['POST /subjects/a/versions', code(42205), text(ORDER)],
    ['POST /subjects/a/versions', has({ id: 40, version: 3 }), text(ORDER, { id: 40, version: 3 })],
    ['POST /subjects/a/versions', has({ id: 40, version: 3 }), text(ORDER, { id: 40, version: 3 })],
    ['POST /subjects/a/versions', code(42205), text(FIXED_4, { id: 40, version: 4 })],
    ['POST /subjects/a/versions', has({ id: 41, version: 4 }), text(FIXED_4, { id: 41 })],
    ['PUT /mode/a', { mode: 'READWRITE' }, { mode: 'READWRITE' }],
    ['POST /subjects/a/versions', code(42205), text('int', { id: 50 })],
    ['POST /subjects/b/versions', has({ id: 42 }), text('int')],
  ],
  'a mode for imports needs an empty scope': [
    ['POST /subjects/a/versions', has({ id: 1 }), text(ORDER)],
    ['PUT /mode', code(42205), { mode: 'IMPORT' }],
    ['PUT /mode/:.eu:', { mode: 'IMPORT' }, { mode: 'IMPORT' }],
    ['DELETE /subjects/a', [1]],
    ['PUT /mode', { mode: 'IMPORT' }, { mode: 'IMPORT' }],
    ['GET /subjects?deleted=true', []],
  ],
  'contexts have ids, settings and lives of their own': [
    ['POST /subjects/:.eu:a/versions', has({ id: 1 }), text(ORDER)],
    ['POST /subjects/b/versions', has({ id: 1 }), text(FIXED_4)],
    ['GET /contexts', ['.', '.eu']],
    ['GET /contexts/eu/subjects', [':.eu:a']],
    ['GET /contexts/.eu/schemas/ids/1', has({ subject: ':.eu:a' })],
    ['GET /subjects/a/versions/1', has({ subject: ':.eu:a' })],
    ['PUT /contexts/.eu/config', has({ compatibility: 'NONE' }), { compatibility: 'NONE' }],
    ['GET /config/:.eu:a?defaultToGlobal=true', { compatibilityLevel: 'NONE' }],
    ['GET /config', { compatibilityLevel: 'BACKWARD' }],
    ['DELETE /contexts/.eu', code(42211)],
    ['DELETE /subjects/:.eu:a', [1]],
    ['DELETE /subjects/:.eu:a?permanent=true', [1]],
    ['DELETE /contexts/.eu', null],
    ['GET /contexts', ['.']],
  ],
  'metadata is part of a schema, is inherited, and may come from the config': [
    [
      'PUT /config/a',
      has({}),
      { defaultMetadata: { properties: { tier: '1' } }, overrideMetadata: { properties: { zone: 'eu' } } },
    ],
    [
      'POST /subjects/a/versions',
      has({ id: 1 }),
      text(ORDER, { metadata: { properties: { owner: 'x', zone: 'us' } } }),
    ],
    ['GET /subjects/a/versions/1', has({ metadata: { properties: { owner: 'x', tier: '1', zone: 'eu' } } })],
    ['POST /subjects/a/versions', has({ id: 2 }), text(ORDER_WITH_NOTE)],
    ['GET /subjects/a/versions/2', has({ metadata: { properties: { owner: 'x', tier: '1', zone: 'eu' } } })],
    ['POST /subjects/a/versions', has({ id: 3 }), text(ORDER_WITH_NOTE, { metadata: { properties: { owner: 'y' } } })],
  ],
  'a level of a subject, of its context, and of all': [
    ['PUT /config/:.__GLOBAL:', has({}), { compatibility: 'FORWARD' }],
    ['GET /config/a?defaultToGlobal=true', { compatibilityLevel: 'FORWARD' }],
    ['PUT /config', has({}), { compatibility: 'FULL' }],
    ['GET /config/a?defaultToGlobal=true', { compatibilityLevel: 'FULL' }],
    ['GET /config/:.eu:a?defaultToGlobal=true', { compatibilityLevel: 'FORWARD' }],
    ['PUT /config/a', has({}), { normalize: true }],
    ['GET /config/a?defaultToGlobal=true', { normalize: true, compatibilityLevel: 'BACKWARD' }],
    ['PUT /config/a', {}, { normalize: null }],
    ['DELETE /config', { compatibilityLevel: 'FULL' }],
    ['GET /config', { compatibilityLevel: 'FORWARD' }],
  ],
}

describe.each(Object.entries(LIVES))('%s', (_, steps) => {
  test('step by step', async () => {
    const { send, internalErrors } = await startRegistry()
    for (const [request, expected, body] of steps) {
      const [method = '', path = ''] = request.split(' ')
      const answer: Answer = await send(method, path, body)
      expect({ request, body: answer.body }).toEqual({ request, body: expected })
    }
    expect(internalErrors).toEqual([])
  })
})
