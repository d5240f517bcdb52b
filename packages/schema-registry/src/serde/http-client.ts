import { realPlatform, type Timers } from '@millrace/platform'
import { readAtMost } from '../http/read-at-most.ts'
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue, jsonValueOf } from '../json/json-value.ts'
import { printJson } from '../json/print-json.ts'
import { readJson } from '../json/read-json.ts'
import {
  type FoundSchema,
  type RegisteredSchema,
  RegistryCallError,
  type RegistryClient,
  type SchemaDefinition,
} from './registry-client.ts'

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
/** A larger answer is none of a registry. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024

export interface HttpRegistryClientOptions {
  /** Tried in order until one answers. User and password in a URL are sent as Basic authentication. */
  readonly urls: readonly string[] | string
  readonly headers?: Readonly<Record<string, string>>
  /** For each URL. */
  readonly requestTimeoutMs?: number
  /** The machine's by default. */
  readonly fetch?: (request: Request) => Promise<Response>
  readonly timers?: Timers
}

/** A registry over its REST API: ours or Confluent's. Keeps nothing: serdes remember what they found. */
export class HttpRegistryClient implements RegistryClient {
  private readonly urls: readonly URL[]
  private readonly timers: Timers

  /** Throws for what is not a URL. */
  constructor(private readonly options: HttpRegistryClientOptions) {
    this.timers = options.timers ?? realPlatform().timers
    const urls = typeof options.urls === 'string' ? options.urls.split(',') : options.urls
    this.urls = urls.map(url => new URL(url.trim()))
  }

  async register(subject: string, schema: SchemaDefinition, { normalize = false } = {}): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions?normalize=${normalize}`
    const { answer, id } = await this.identified('POST', path, schema)
    return { id, guid: guidOf(answer) }
  }

  async lookup(subject: string, schema: SchemaDefinition, { normalize = false } = {}): Promise<RegisteredSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}?normalize=${normalize}`
    const { answer, id } = await this.identified('POST', path, schema)
    return { id, guid: guidOf(answer) }
  }

  async latest(subject: string): Promise<RegisteredSchema & FoundSchema> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest?format=resolved`
    const { answer, id } = await this.identified('GET', path)
    return { id, guid: guidOf(answer), ...foundIn(answer) }
  }

  async byId(id: number): Promise<FoundSchema> {
    return foundIn(await this.call('GET', `/schemas/ids/${id}?format=resolved`))
  }

  async byGuid(guid: string): Promise<FoundSchema> {
    return foundIn(await this.call('GET', `/schemas/guids/${encodeURIComponent(guid)}?format=resolved`))
  }

  private async identified(method: string, path: string, schema?: SchemaDefinition) {
    const body =
      schema && jsonValueOf({ schema: schema.text, schemaType: schema.schemaType, references: schema.references })
    const answer = await this.call(method, path, body)
    const id = answer.get('id')
    if (!(id instanceof JsonNumber)) throw nonsense(path)
    return { answer, id: id.toNumber() }
  }

  private async call(method: string, path: string, body?: JsonValue): Promise<JsonObject> {
    let failure: RegistryCallError | undefined
    for (const url of this.urls) {
      try {
        return await this.callOne(url, method, path, body)
      } catch (error) {
        if (!(error instanceof RegistryCallError && error.retriable)) throw error
        failure = error
      }
    }
    throw failure ?? new RegistryCallError('no URL of a registry is given', null, false)
  }

  private async callOne(base: URL, method: string, path: string, body?: JsonValue): Promise<JsonObject> {
    const timeoutMs = this.options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
    const aborter = new AbortController()
    const timer = this.timers.after(timeoutMs, () => aborter.abort(new Error(`no answer within ${timeoutMs} ms`)))
    try {
      const request = this.request(base, method, path, body, aborter.signal)
      const response = await (this.options.fetch ?? fetch)(request)
      return readAnswer(response.status, path, await readText(response, path))
    } catch (error) {
      if (error instanceof RegistryCallError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new RegistryCallError(`registry ${base.host}: ${reason}`, null, true, { cause: error })
    } finally {
      timer.cancel()
    }
  }

  private request(base: URL, method: string, path: string, body: JsonValue | undefined, signal: AbortSignal): Request {
    const url = new URL(base)
    const [pathname = '', query = ''] = path.split('?')
    url.pathname = `${url.pathname.replace(/\/$/, '')}${pathname}`
    url.search = query
    const headers = new Headers({ accept: CONTENT_TYPE, ...this.options.headers })
    if (url.username !== '') {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
      headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
      url.username = ''
      url.password = ''
    }
    if (body === undefined) return new Request(url, { method, headers, signal })
    headers.set('content-type', CONTENT_TYPE)
    return new Request(url, { method, headers, signal, body: printJson(body) })
  }
}

async function readText(response: Response, path: string): Promise<string> {
  const bytes = await readAtMost(response, MAX_ANSWER_BYTES)
  if (bytes === null) throw nonsense(path)
  return bytes.toString('utf8')
}

function readAnswer(status: number, path: string, text: string): JsonObject {
  const answer = parsed(text)
  if (status >= 200 && status < 300) {
    if (isJsonObject(answer)) return answer
    throw nonsense(path)
  }
  const code = isJsonObject(answer) ? answer.get('error_code') : undefined
  const message = isJsonObject(answer) ? answer.get('message') : undefined
  const errorCode = code instanceof JsonNumber ? code.toNumber() : status
  throw new RegistryCallError(typeof message === 'string' ? message : `HTTP ${status}`, errorCode, status >= 500)
}

function parsed(text: string): JsonValue | undefined {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}

function foundIn(answer: JsonObject): FoundSchema {
  const text = answer.get('schema')
  const schemaType = answer.get('schemaType')
  if (typeof text !== 'string') throw nonsense('a schema')
  return { text, schemaType: typeof schemaType === 'string' ? schemaType : 'AVRO' }
}

/** Registries before 8.x know no GUIDs. */
function guidOf(answer: JsonObject): string | null {
  const guid = answer.get('guid')
  return typeof guid === 'string' ? guid : null
}

function nonsense(what: string): RegistryCallError {
  return new RegistryCallError(`the registry's answer to ${what} makes no sense`, null, false)
}
