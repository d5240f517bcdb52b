import { type RegistryAppOptions, registryApp } from '../../src/http/app.ts'
import { SchemaRegistry } from '../../src/registry.ts'
import { MemoryLog } from '../../src/store/memory-log.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A registry of its own, spoken to as over HTTP. */
export async function startRegistry(options: Partial<RegistryAppOptions> = {}) {
  const log = new MemoryLog({ nowMs: () => 1_000 })
  const registry = await SchemaRegistry.start({ log })
  const internalErrors: unknown[] = []
  const app = registryApp({ registry, onInternalError: error => internalErrors.push(error), ...options })
  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const type = { 'content-type': 'application/vnd.schemaregistry.v1+json', ...headers }
    const response = await app.fetch(
      new Request(`http://registry${path}`, { method, headers: type, body: text ?? null }),
    )
    const answer = await response.text()
    return { status: response.status, body: answer === '' ? null : JSON.parse(answer) }
  }
  const register = (subject: string, schema: unknown, more: object = {}) =>
    send('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema), ...more })
  return { log, registry, app, send, register, internalErrors }
}

export const ORDER = { type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }] }
export const ORDER_WITH_NOTE = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: 'string', default: '' },
  ],
}
