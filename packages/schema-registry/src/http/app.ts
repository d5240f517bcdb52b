/**
 * The registry's REST API (Confluent Schema Registry 8.x) as one function from request to answer: `app.fetch`. Listening
 * is the caller's business. Every answer but 204 is JSON; an error is `{"error_code": n, "message": text}`.
 */
import { type Context, Hono } from 'hono'
import { isJsonObject, type JsonObject, jsonValueOf } from '../json/json-value.ts'
import { printJson } from '../json/print-json.ts'
import { JsonSyntaxError, readJson } from '../json/read-json.ts'
import type { SchemaRegistry } from '../registry.ts'
import { MalformedJsonError } from '../subjects/read-model.ts'
import { RegistryError } from '../subjects/registry-error.ts'
import { type ApiAnswer, type ApiRequest, HttpError, type Route } from './api.ts'
import { readBodyText } from './body-text.ts'
import { type AnswerType, chooseAnswerType, isBodyType, PREFERRED_TYPE } from './content-types.ts'
import { readContext, withoutContextPath } from './context-path.ts'
import { COMPATIBILITY_ROUTES } from './routes/compatibility.ts'
import { CONTEXT_ROUTES } from './routes/contexts.ts'
import { SCHEMA_ROUTES } from './routes/schemas.ts'
import { SERVER_ROUTES } from './routes/server.ts'
import { SETTINGS_ROUTES } from './routes/settings.ts'
import { SUBJECT_ROUTES } from './routes/subjects.ts'

/** A larger body is answered with 413. A broker takes records of 1 MiB unless it is told otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024

export interface RegistryAppOptions {
  readonly registry: SchemaRegistry
  readonly maxBodyBytes?: number
  /** Hears of errors that are our own fault; the client sees a 500 without details. */
  readonly onInternalError?: (error: unknown) => void
}

export const REGISTRY_ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...SCHEMA_ROUTES,
  ...SUBJECT_ROUTES,
  ...COMPATIBILITY_ROUTES,
  ...SETTINGS_ROUTES,
  ...CONTEXT_ROUTES,
]

export function registryApp(options: RegistryAppOptions): Hono {
  const app = new Hono()
  const maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  for (const route of REGISTRY_ROUTES)
    app.on(route.method, route.path, async context => {
      const answerType = chooseAnswerType(context.req.header('accept') ?? null)
      if (answerType === undefined) throw new HttpError(406, 'HTTP 406 Not Acceptable')
      return respond(await route.handle(apiRequest(context, options.registry, maxBodyBytes)), answerType)
    })
  for (const path of new Set(REGISTRY_ROUTES.map(route => route.path)))
    app.all(path, () => {
      throw new HttpError(405, 'HTTP 405 Method Not Allowed')
    })
  app.all('/contexts/:context/*', context => {
    const url = new URL(context.req.url)
    const [, , ...segments] = url.pathname.split('/').slice(1)
    const rewritten = withoutContextPath(url, readContext(context.req.param('context')), segments)
    return app.fetch(new Request(rewritten, context.req.raw))
  })
  app.notFound(context => respondError(context, 404, 404, 'HTTP 404 Not Found'))
  app.onError((error, context) => {
    if (error instanceof RegistryError) return respondError(context, error.httpStatus, error.errorCode, error.message)
    if (error instanceof HttpError) return respondError(context, error.status, error.status, error.message)
    if (error instanceof MalformedJsonError || error instanceof JsonSyntaxError)
      return respondError(context, 400, 400, error.message)
    options.onInternalError?.(error)
    return respondError(context, 500, 500, 'Internal Server Error')
  })
  return app
}

function apiRequest(context: Context, registry: SchemaRegistry, maxBodyBytes: number): ApiRequest {
  return {
    registry,
    param: name => context.req.param(name) ?? '',
    query: name => context.req.query(name) ?? null,
    queries: name => context.req.queries(name) ?? [],
    body: () => readBody(context, maxBodyBytes),
  }
}

async function readBody(context: Context, maxBodyBytes: number): Promise<JsonObject> {
  if (!isBodyType(context.req.header('content-type') ?? null))
    throw new HttpError(415, 'HTTP 415 Unsupported Media Type')
  const text = await readBodyText(context.req.raw, maxBodyBytes)
  if (text.trim() === '') throw new HttpError(422, 'the request has no body')
  const body = readJson(text)
  if (body === null) throw new HttpError(422, 'the request has no body')
  if (!isJsonObject(body)) throw new HttpError(400, 'the body is not a JSON object')
  return body
}

function respond(answer: ApiAnswer, answerType: AnswerType): Response {
  if ('status' in answer) return new Response(null, { status: answer.status })
  return jsonResponse(200, 'jsonText' in answer ? answer.jsonText : printJson(answer.json), answerType)
}

function respondError(context: Context, status: number, errorCode: number, message: string): Response {
  const answerType = chooseAnswerType(context.req.header('accept') ?? null) ?? PREFERRED_TYPE
  return jsonResponse(status, printJson(jsonValueOf({ error_code: errorCode, message })), answerType)
}

function jsonResponse(status: number, text: string, answerType: AnswerType): Response {
  return new Response(text, { status, headers: { 'content-type': answerType } })
}
