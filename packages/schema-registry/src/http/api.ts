/** The form in which routes see a request and give an answer, free of the HTTP framework. */
import { MillraceError } from '@millrace/protocol'
import type { JsonObject, JsonValue } from '../json/json-value.ts'
import type { SchemaRegistry } from '../registry.ts'
import type { DeletedFilter } from '../subjects/find.ts'
import { canonicalSubject, isContext, parseSubject, subjectWithin } from '../subjects/qualified-subject.ts'

export interface ApiRequest {
  readonly registry: SchemaRegistry
  /** Percent-decoded segment of the path. */
  param(name: string): string
  /** First value of a query parameter, null without one. */
  query(name: string): string | null
  queries(name: string): readonly string[]
  /** The body as an object. Rejects with {@link HttpError}. */
  body(): Promise<JsonObject>
}

export type ApiAnswer =
  | { readonly json: JsonValue }
  /** JSON that is a text already. */
  | { readonly jsonText: string }
  | { readonly status: 204 }

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `:name` is one segment. */
  readonly path: string
  handle(request: ApiRequest): ApiAnswer | Promise<ApiAnswer>
}

/** An answer of HTTP itself: its `error_code` is the status. */
export class HttpError extends MillraceError {
  readonly code: string
  constructor(
    readonly status: 400 | 404 | 405 | 406 | 413 | 415 | 422 | 500,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = `HTTP_${status}`
  }
}

/** `true` in any case. */
export function flag(request: ApiRequest, name: string): boolean {
  return request.query(name)?.toLowerCase() === 'true'
}

export function deletedFilter(request: ApiRequest): DeletedFilter {
  if (flag(request, 'deletedOnly')) return 'only'
  return flag(request, 'deleted') ? 'with' : 'without'
}

/** The subject of the path; an alias in its config leads to another one. */
export function subjectOf(request: ApiRequest): string {
  return followAlias(request, canonicalSubject(request.param('subject')))
}

/** The subject of a query parameter, `''` without one. */
export function querySubject(request: ApiRequest): string {
  const subject = request.query('subject')
  return subject === null ? '' : followAlias(request, isContext(subject) ? subject : canonicalSubject(subject))
}

/** Subject of a configuration or mode: null for the default context; aliases are not followed. */
export function scopeOf(request: ApiRequest): string | null {
  const subject = canonicalSubject(request.param('subject'))
  return subject === '' ? null : subject
}

function followAlias(request: ApiRequest, subject: string): string {
  const alias = request.registry.read(state => state.ownConfig(subject)?.alias)
  if (alias === undefined || alias === '') return subject
  return canonicalSubject(subjectWithin(parseSubject(subject).context, alias))
}

export const DEFAULT_PAGE_LIMIT = 1_000
export const UNLIMITED_PAGE = 2 ** 31 - 1

/** `offset` and `limit`; a negative limit means the most that is allowed. Throws {@link HttpError}. */
export function page<T>(request: ApiRequest, items: readonly T[], maxItems = UNLIMITED_PAGE): readonly T[] {
  const offset = Math.max(0, integerQuery(request, 'offset', 0))
  const limit = integerQuery(request, 'limit', -1)
  return items.slice(offset, offset + (limit < 0 ? maxItems : Math.min(limit, maxItems)))
}

function integerQuery(request: ApiRequest, name: string, otherwise: number): number {
  const text = request.query(name)
  if (text === null || text === '') return otherwise
  if (!/^-?\d{1,10}$/.test(text)) throw new HttpError(404, 'HTTP 404 Not Found')
  return Number(text)
}

/** A number in the path. What is none is no resource. */
export function idParam(request: ApiRequest): number {
  const text = request.param('id')
  const id = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(id >= -(2 ** 31) && id < 2 ** 31)) throw new HttpError(404, 'HTTP 404 Not Found')
  return id
}
