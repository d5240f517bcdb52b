/** Error answers as ksqlDB's clients read them. */
import { InvalidStateStoreError } from '@millrace/streams'
import type { ParsedStatement } from '../ast/nodes.ts'
import { TopicError } from '../engine/engine.ts'
import { NotReadyError } from '../engine/persistent-query.ts'
import { pointed } from '../errors/pointed.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { SqlSyntaxError } from '../parser/syntax-error.ts'

export const ERROR_CODES = {
  badRequest: 40000,
  badStatement: 40001,
  useQueryEndpoint: 40002,
  notFound: 40400,
  serverError: 50000,
  notReady: 50303,
} as const

export interface ErrorBody {
  readonly '@type': 'generic_error' | 'statement_error'
  readonly error_code: number
  readonly message: string
  readonly statementText?: string
  readonly entities?: readonly unknown[]
}

export class RequestError extends Error {
  constructor(
    readonly status: 400 | 404 | 413 | 415 | 500 | 503,
    readonly body: ErrorBody,
  ) {
    super(body.message)
  }
}

export function badRequest(message: string): RequestError {
  return new RequestError(400, { '@type': 'generic_error', error_code: ERROR_CODES.badRequest, message })
}
export function statementError(
  message: string,
  statement: string,
  entities: readonly unknown[] = [],
  code: number = ERROR_CODES.badStatement,
): RequestError {
  return new RequestError(400, {
    '@type': 'statement_error',
    error_code: code,
    message,
    statementText: statement,
    entities,
  })
}

/** What a failed statement of `script` is answered with; errors that are not the statement's fault stay as they are. */
export function asRequestError(
  error: unknown,
  parsed: ParsedStatement | null,
  script: string,
  entities: readonly unknown[] = [],
): unknown {
  if (error instanceof SqlSyntaxError) return statementError(error.pointed, error.statementText, entities)
  if (error instanceof SqlAnalysisError || error instanceof TopicError) {
    const place = error instanceof SqlAnalysisError ? error.at : undefined
    const message = place === undefined ? error.message : pointed(error.message, script, place)
    return parsed === null ? badRequest(message) : statementError(message, `${parsed.text};`, entities)
  }
  // The query moved between the check and the read.
  if (error instanceof NotReadyError || error instanceof InvalidStateStoreError)
    return new RequestError(503, {
      '@type': 'generic_error',
      error_code: ERROR_CODES.notReady,
      message: error.message,
    })
  return error
}
