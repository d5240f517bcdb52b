/**
 * ksqlDB's REST API as a handler of web requests; whoever has a socket serves it (`app.fetch`). Statements of one request
 * run in order and stop at the first that fails; its error answer carries what the ones before it did.
 */
import { MillraceError } from '@millrace/protocol'
import { readAtMost } from '@millrace/schema-registry'
import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type * as ast from '../ast/nodes.ts'
import type { Executed, KsqlEngine } from '../engine/engine.ts'
import type { Properties } from '../engine/properties.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { parseScript } from '../parser/parse.ts'
import { describe, type Entity, explainQuery, show } from './entities.ts'
import { asRequestError, badRequest, ERROR_CODES, RequestError, statementError } from './errors.ts'
import { ArrayRows, DelimitedRows } from './rows.ts'
import { substituteVariables } from './variables.ts'

export interface KsqlServerOptions {
  readonly engine: KsqlEngine
  readonly version: string
  readonly clusterId: string
  readonly serviceId: string
  /** Told of errors that are bugs of the server. */
  readonly onBug: (error: unknown) => void
}

const MAX_BODY_BYTES = 4 * 1024 * 1024
/** Rows that wait for a client that does not read; then the query ends. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024
const JSON_TYPE = 'application/json'
const KSQL_TYPE = 'application/vnd.ksql.v1+json'
const DELIMITED_TYPE = 'application/vnd.ksqlapi.delimited.v1'

interface StatementRequest {
  readonly sql: string
  readonly properties: Properties
}

export function ksqlApp(options: KsqlServerOptions): Hono {
  const { engine, version, clusterId, serviceId, onBug } = options
  const app = new Hono()

  app.onError((error, context) => {
    if (error instanceof RequestError) return context.json(error.body, error.status as ContentfulStatusCode)
    onBug(error)
    return context.json({ '@type': 'generic_error', error_code: ERROR_CODES.serverError, message: error.message }, 500)
  })
  app.notFound(context =>
    context.json(
      {
        '@type': 'generic_error',
        error_code: ERROR_CODES.notFound,
        message: `Path ${context.req.path} does not exist`,
      },
      404,
    ),
  )

  app.get('/', context => context.redirect('/info'))
  app.get('/info', context =>
    context.json({
      KsqlServerInfo: { version, kafkaClusterId: clusterId, ksqlServiceId: serviceId, serverStatus: 'RUNNING' },
    }),
  )
  app.get('/healthcheck', context => {
    const failed = engine.queries.filter(query => query.state === 'ERROR').map(({ id }) => id)
    const details = { metastore: { isHealthy: true }, kafka: { isHealthy: true }, commandRunner: { isHealthy: true } }
    return context.json({ isHealthy: true, details, serverState: 'READY', failedQueries: failed })
  })
  app.get('/clusterStatus', context => context.json({ clusterStatus: {} }))
  app.get('/chc/ready', context => context.json({}))
  app.get('/chc/live', context => context.json({}))
  app.get('/v1/metadata', context =>
    context.json({ scope: { path: [], clusters: { 'kafka-cluster': clusterId, 'ksql-cluster': serviceId } } }),
  )
  app.get('/v1/metadata/id', context =>
    context.json({ id: '', scope: { path: [], clusters: { 'kafka-cluster': clusterId, 'ksql-cluster': serviceId } } }),
  )

  app.post('/ksql', async context => {
    const { sql, properties } = await readRequest(context, 'ksql')
    return context.body(JSON.stringify(await executeScript(engine, sql, properties)), 200, {
      'Content-Type': KSQL_TYPE,
    })
  })
  app.post('/query', async context => {
    const request = await readRequest(context, 'ksql')
    return answerQuery(engine, request, context, KSQL_TYPE, emit => new ArrayRows(emit), onBug)
  })
  app.post('/query-stream', async context => {
    const request = await readRequest(context, 'sql')
    const asArray = (context.req.header('accept') ?? '').includes(JSON_TYPE)
    return asArray
      ? answerQuery(engine, request, context, JSON_TYPE, emit => new ArrayRows(emit), onBug)
      : answerQuery(engine, request, context, DELIMITED_TYPE, emit => new DelimitedRows(emit), onBug)
  })
  app.post('/close-query', async context => {
    const { queryId } = Object.fromEntries(await readFields(context))
    if (typeof queryId !== 'string') throw badRequest("Missing property 'queryId' in the request: the query to close")
    if (!engine.closeTransient(queryId)) throw badRequest(`No query with id ${queryId}`)
    return context.body(null, 200)
  })
  return app
}

/** Both endpoints take both spellings: `ksql`/`streamsProperties` and `sql`/`properties`. */
async function readRequest(context: Context, field: 'ksql' | 'sql'): Promise<StatementRequest> {
  const fields = await readFields(context)
  const sql = fields.get(field) ?? fields.get('ksql') ?? fields.get('sql')
  if (typeof sql !== 'string') throw badRequest(`Missing property '${field}' in the request: the statements to run`)
  const properties = stringsOf(fields.get('streamsProperties') ?? fields.get('properties'), 'streamsProperties')
  const variables = stringsOf(fields.get('sessionVariables'), 'sessionVariables')
  return { sql: substituteVariables(sql, new Map(Object.entries(variables))), properties }
}
async function readFields(context: Context): Promise<ReadonlyMap<string, unknown>> {
  let body: unknown
  const bytes = await readBody(context.req.raw)
  try {
    body = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw badRequest(`Invalid JSON in request: ${(error as Error).message}`)
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('Invalid JSON in request: an object is expected')
  return new Map(Object.entries(body))
}
/** No more of it than is allowed, whether its length was declared or not. */
async function readBody(request: Request): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const bytes = await readAtMost(request, MAX_BODY_BYTES)
  if (bytes === null) throw tooLarge()
  return bytes
}
function tooLarge(): RequestError {
  return new RequestError(413, {
    '@type': 'generic_error',
    error_code: 41300,
    message: `The request is larger than ${MAX_BODY_BYTES} bytes`,
  })
}
function stringsOf(value: unknown, name: string): Record<string, string> {
  const result: Record<string, string> = Object.create(null)
  if (value === undefined || value === null) return result
  if (typeof value !== 'object' || Array.isArray(value)) throw badRequest(`${name} must be an object`)
  for (const [key, inner] of Object.entries(value)) result[key] = String(inner)
  return result
}

async function executeScript(engine: KsqlEngine, sql: string, requestProperties: Properties): Promise<Entity[]> {
  const statements = parsedScript(sql)
  const entities: Entity[] = []
  let properties = requestProperties
  for (const parsed of statements) {
    try {
      const { statement } = parsed
      if (statement.kind === 'SetProperty') {
        properties = withProperty(properties, statement)
        continue
      }
      const entity = await executeStatement(engine, parsed, properties)
      if (entity !== null) entities.push(entity)
    } catch (error) {
      throw asRequestError(error, parsed, sql, entities)
    }
  }
  return entities
}

function withProperty(properties: Properties, { name, value }: ast.SetProperty): Properties {
  const changed: Record<string, string> = Object.assign(Object.create(null), properties)
  if (value === null) delete changed[name]
  else changed[name] = value
  return changed
}

function parsedScript(sql: string): ast.ParsedStatement[] {
  try {
    return parseScript(sql)
  } catch (error) {
    throw asRequestError(error, null, sql)
  }
}

function useQuery({ text }: ast.ParsedStatement): RequestError {
  return statementError(
    "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
    `${text};`,
    [],
    ERROR_CODES.useQueryEndpoint,
  )
}

async function executeStatement(
  engine: KsqlEngine,
  parsed: ast.ParsedStatement,
  properties: Properties,
): Promise<Entity | null> {
  const { statement } = parsed
  switch (statement.kind) {
    case 'Query':
      throw useQuery(parsed)
    case 'Show':
      return await show(statement, parsed, engine, properties)
    case 'Describe':
      return await describe(statement, parsed, engine)
    case 'Explain': {
      if (typeof statement.subject !== 'string')
        throw new SqlAnalysisError('EXPLAIN takes the id of a running query for now: see SHOW QUERIES', statement.at)
      const query = engine.query(statement.subject)
      if (query === undefined)
        throw new SqlAnalysisError(
          `Query with id:${statement.subject} does not exist, use SHOW QUERIES to view the full set of queries.`,
          statement.at,
        )
      return explainQuery(query, parsed)
    }
    case 'QueryControl':
      return await control(engine, parsed, statement, properties)
    case 'Print':
      throw useQuery(parsed)
    case 'DefineVariable':
    case 'AlterSystem':
    case 'AssertTopic':
    case 'AssertSchema':
    case 'CreateConnector':
    case 'DropConnector':
      throw new SqlAnalysisError(`${statement.kind} statements are not supported yet`, statement.at)
    default: {
      const executed = await engine.execute(parsed, properties)
      return statement.kind === 'InsertValues' ? null : currentStatus(parsed, executed)
    }
  }
}

async function control(
  engine: KsqlEngine,
  parsed: ast.ParsedStatement,
  statement: ast.QueryControl,
  properties: Properties,
): Promise<Entity> {
  if (statement.action !== 'TERMINATE')
    throw new SqlAnalysisError(
      `${statement.action} is not supported yet: TERMINATE the query and create it again`,
      statement.at,
    )
  const ids = statement.queryId === null ? engine.queries.map(({ id }) => id) : [statement.queryId]
  let last: Executed | null = null
  for (const id of ids) last = await engine.terminate(parsed, id, properties)
  return currentStatus(
    parsed,
    last ?? { message: 'Query terminated.', commandId: 'terminate/ALL/execute', commandNumber: -1, queryId: null },
  )
}

function currentStatus(parsed: ast.ParsedStatement, executed: Executed): Entity {
  return {
    '@type': 'currentStatus',
    statementText: `${parsed.text};`,
    commandId: executed.commandId,
    commandStatus: { status: 'SUCCESS', message: executed.message, queryId: executed.queryId },
    commandSequenceNumber: executed.commandNumber,
    warnings: [],
  }
}

/** The status is decided by the first row or the end; what fails after that ends the answer. */
async function answerQuery(
  engine: KsqlEngine,
  { sql, properties }: StatementRequest,
  context: Context,
  contentType: string,
  rows: (emit: (text: string) => void) => ArrayRows | DelimitedRows,
  onBug: (error: unknown) => void,
): Promise<Response> {
  const statements = parsedScript(sql)
  const [parsed, second] = statements
  if (parsed === undefined || second !== undefined)
    throw badRequest(`Expected exactly one KSQL statement; found ${statements.length} instead`)
  const { statement } = parsed
  if (statement.kind !== 'Query')
    throw statementError(
      `Statement type \`${statement.kind}\` not supported for this resource: send it to /ksql`,
      `${parsed.text};`,
    )
  const stop = new AbortController()
  context.req.raw.signal.addEventListener('abort', () => stop.abort(), { once: true })
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const waiting: Uint8Array[] = []
  const started = new Latch()
  const emit = (text: string): void => {
    const chunk = Buffer.from(text)
    if (controller === undefined) waiting.push(chunk)
    else if ((controller.desiredSize ?? 0) < -MAX_WAITING_BYTES) {
      controller.error(new Error('SLOW_CONSUMER: the client does not read its rows'))
      stop.abort()
    } else controller.enqueue(chunk)
    started.open()
  }
  const sink = rows(emit)
  const answering = engine.answer({ statement, text: parsed.text }, properties, stop.signal, sink)
  await Promise.race([started.opened, answering]).catch(error => {
    throw asRequestError(error, parsed, sql)
  })
  const body = new ReadableStream<Uint8Array>({
    start(target) {
      controller = target
      for (const chunk of waiting) target.enqueue(chunk)
      answering.then(
        () => closeQuietly(target),
        error => {
          if (!(error instanceof MillraceError)) onBug(error)
          if (!stop.signal.aborted) sink.fail(error)
          closeQuietly(target)
        },
      )
    },
    cancel() {
      stop.abort()
    },
  })
  return context.body(body, 200, { 'Content-Type': contentType })
}

function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close()
  } catch {
    // The client is gone: the stream is closed already.
  }
}

class Latch {
  open!: () => void
  readonly opened = new Promise<void>(resolve => {
    this.open = resolve
  })
}
