import { registryApp, type SchemaRegistry } from '@millrace/schema-registry'

/** Under the given id, or the next. */
export async function registerSchema(
  registry: SchemaRegistry,
  subject: string,
  schema: string,
  schemaType: string,
  id: number | undefined,
): Promise<void> {
  const app = registryApp({ registry })
  const call = async (method: string, path: string, body: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await app.request(path, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`registry: ${await answer.text()}`)
  }
  if (id !== undefined) await call('PUT', `/mode/${subject}?force=true`, { mode: 'IMPORT' })
  await call('POST', `/subjects/${subject}/versions`, { schema, schemaType, ...(id === undefined ? {} : { id }) })
  if (id !== undefined) await call('PUT', `/mode/${subject}?force=true`, { mode: 'READWRITE' })
}
