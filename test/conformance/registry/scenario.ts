/** Cases that run against a registry of their own: steps over its REST API, and the records of its log. */
import {
  COMPATIBILITY_LEVELS,
  type CompatibilityLevel,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  MemoryLog,
  printJson,
  readJson,
  registryApp,
  SchemaRegistry,
} from '@millrace/schema-registry'
import { arrayOf, objectOf, optionalText, textOf } from './corpus.ts'
import { difference, isEqualUnordered, isSubset } from './match.ts'

/** Null for a pass. */
export async function judgeScenario(example: JsonObject): Promise<string | null> {
  const log = new MemoryLog({ nowMs: () => 0 })
  return runSteps(log, example)
}

export async function judgeReplay(example: JsonObject): Promise<string | null> {
  const log = new MemoryLog({ nowMs: () => 0 })
  for (const record of arrayOf(example, 'records').map(objectOf))
    log.put(recordText(record.get('key')), recordText(record.get('value')))
  return runSteps(log, example)
}

export async function judgeWrite(example: JsonObject): Promise<string | null> {
  const log = new MemoryLog({ nowMs: () => 0 })
  const reason = await runSteps(log, example)
  if (reason !== null) return reason
  const expected = arrayOf(example, 'records').map(objectOf)
  const written = log.entries.filter(({ key }) => key?.includes('"NOOP"') !== true)
  for (const [index, record] of expected.entries()) {
    const entry = written[index]
    if (entry === undefined) return `record ${index} was not written: ${printJson(record)}`
    const value = entry.value === null ? null : readJson(entry.value)
    const wrong =
      difference(`key of record ${index}`, recordText(record.get('key')), entry.key) ??
      difference(`value of record ${index}`, record.get('value') ?? null, value)
    if (wrong !== null) return wrong
  }
  return written.length > expected.length ? `${written.length - expected.length} records too many were written` : null
}

function recordText(json: JsonValue | undefined): string | null {
  if (json === undefined || json === null) return null
  return typeof json === 'string' ? json : printJson(json)
}

async function runSteps(log: MemoryLog, example: JsonObject): Promise<string | null> {
  const options: { modeMutability?: boolean; compatibilityLevel?: CompatibilityLevel } = {}
  for (const [name, value] of objectOf(example.get('serverConfig') ?? new Map())) {
    const level = COMPATIBILITY_LEVELS.find(known => known === String(value).toUpperCase())
    if (name === 'mode.mutability') options.modeMutability = String(value) === 'true'
    else if (name === 'schema.compatibility.level' && level !== undefined) options.compatibilityLevel = level
    else return `the setting ${name} is not known here`
  }
  await using registry = await SchemaRegistry.start({ log, ...options })
  let failure: unknown
  const app = registryApp({
    registry,
    onInternalError(error) {
      failure = error
    },
  })
  for (const [index, step] of arrayOf(example, 'steps').map(objectOf).entries()) {
    const response = await app.fetch(requestOf(step))
    const wrong = await judgeAnswer(step, response)
    if (wrong !== null)
      return `step ${index + 1}, ${textOf(step, 'method')} ${textOf(step, 'path')}: ${wrong}${failure ? ` (${failure})` : ''}`
  }
  return null
}

function requestOf(step: JsonObject): Request {
  const headers = new Headers()
  const body = step.has('body') ? printJson(step.get('body') ?? null) : optionalText(step, 'rawBody')
  if (body !== null) headers.set('content-type', 'application/vnd.schemaregistry.v1+json')
  for (const [name, value] of objectOf(step.get('headers') ?? new Map())) headers.set(name, String(value))
  return new Request(`http://registry${textOf(step, 'path')}`, { method: textOf(step, 'method'), headers, body })
}

async function judgeAnswer(step: JsonObject, response: Response): Promise<string | null> {
  const text = await response.text()
  const body = parsed(text)
  const wrongStatus = difference('status', String(response.status), printJson(step.get('expectStatus') ?? null))
  if (wrongStatus !== null) return `${wrongStatus.replace('expected', 'got').replace(', got', ', expected')}: ${text}`
  if (step.has('expectErrorCode')) {
    const code = body instanceof Map ? (body.get('error_code') ?? null) : null
    const wrong = difference('error_code', step.get('expectErrorCode') ?? null, code)
    if (wrong !== null) return `${wrong}: ${text}`
    if (!(body instanceof Map) || typeof body.get('message') !== 'string' || body.get('message') === '')
      return 'the error has no message'
  }
  for (const part of arrayOf(step, 'expectMessageContains'))
    if (!(body instanceof Map && String(body.get('message')).includes(String(part))))
      return `the message lacks ${JSON.stringify(part)}: ${text}`
  const expectedBody = step.get('expectBody')
  if (expectedBody !== undefined && !isSubset(expectedBody, body ?? null))
    return `expected at least ${printJson(expectedBody)}, got ${text}`
  const exact = step.get('expectExact')
  if (exact !== undefined) {
    const isSame = step.get('unordered') === true ? isEqualUnordered(exact, body ?? null) : undefined
    if (isSame === false) return `expected ${printJson(exact)} in some order, got ${text}`
    const wrong = isSame ? null : difference('body', exact, body ?? null)
    if (wrong !== null) return wrong
  }
  for (const pointer of arrayOf(step, 'expectAbsent'))
    if (has(body, String(pointer))) return `${pointer} must not be there: ${text}`
  for (const [name, value] of objectOf(step.get('expectHeaders') ?? new Map())) {
    const actual = (response.headers.get(name) ?? '').split(';')[0]!.trim().toLowerCase()
    if (actual !== value) return `header ${name} is ${actual}`
  }
  return null
}

function parsed(text: string): JsonValue | undefined {
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

function has(body: JsonValue | undefined, pointer: string): boolean {
  let at: JsonValue | undefined = body
  for (const token of pointer.split('/').slice(1)) {
    if (Array.isArray(at)) at = at[Number(token)]
    else if (at instanceof Map) at = at.get(token)
    else return false
  }
  return at !== undefined
}
