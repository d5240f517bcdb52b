/** Runs a `rest` case: "REST cases" of the corpus' README. */
import { type DataSource, parseScript } from '@millrace/ksql'
import type { Platform } from '@millrace/platform'
import { parse } from 'lossless-json'
import { avroSpecSerde } from './avro-spec.ts'
import { numberOf, type Spec, type SpecRecord, type SpecTopic } from './corpus.ts'
import { matches, show } from './match.ts'
import { registerSchema } from './register-schema.ts'
import { differsFromEntity, differsFromRows, text } from './rest-match.ts'
import { type Answer, RestStack } from './rest-stack.ts'
import { type SpecSerde, specSerde } from './spec-serdes.ts'
import { windowedKey } from './windowed-keys.ts'

export interface RestCase {
  readonly id: string
  readonly properties?: { readonly [name: string]: Spec }
  readonly topics?: readonly SpecTopic[]
  readonly statements: readonly string[]
  readonly inputs?: readonly SpecRecord[]
  readonly outputs?: readonly SpecRecord[]
  readonly responses?: readonly {
    readonly admin?: { [name: string]: Spec }
    readonly query?: readonly Spec[]
    readonly queryProto?: readonly Spec[]
  }[]
  readonly expectedError?: { readonly type?: string; readonly message?: string; readonly status?: Spec }
  readonly inputConditions?: { readonly waitForActivePushQuery?: boolean }
  readonly testPullWithProtoFormat?: boolean
}

const CASE_LIMIT_MS = 10_000
const DEFAULT_PARTITIONS = 4
const CHECK_INTERVAL_MS = 5
const PROTOBUF_TYPE = 'application/vnd.ksql.v1+protobuf'

/** Null when the case passes, else why not. A case that hangs fails. */
export async function runRestCase(example: RestCase, platform: Platform): Promise<string | null> {
  await using stack = await RestStack.start(platform)
  const limit = new AbortController()
  const timer = platform.timers.after(CASE_LIMIT_MS, () => limit.abort(new Error('time limit')))
  const run = new RestRun(example, stack, platform, limit.signal)
  const timeOut = new Promise<string>(resolve => {
    limit.signal.addEventListener('abort', () =>
      resolve(`no end within ${CASE_LIMIT_MS} ms while ${run.activity}; ${stack.complaints.join('; ')}`),
    )
  })
  try {
    return await Promise.race([run.verdict(), timeOut])
  } catch (error) {
    return `while ${run.activity}: ${error}`
  } finally {
    timer.cancel()
    limit.abort(new Error('the case is over'))
  }
}

class RestRun {
  activity = 'starting'
  private readonly items: Spec[] = []
  private readonly admin: readonly string[]
  private readonly queries: readonly string[]

  constructor(
    private readonly example: RestCase,
    private readonly stack: RestStack,
    private readonly platform: Platform,
    private readonly signal: AbortSignal,
  ) {
    this.admin = example.statements.filter(text => !isQuery(text))
    this.queries = example.statements.filter(isQuery)
  }

  async verdict(): Promise<string | null> {
    const { expectedError, inputConditions } = this.example
    this.activity = 'creating topics'
    await this.createTopics()
    this.activity = 'executing statements'
    const answer = await this.ask('/ksql', { ksql: this.admin.join('\n'), streamsProperties: this.properties() })
    if (answer.status !== 200) return this.judgeError(answer)
    this.items.push(...(parse(answer.text) as Spec[]))
    const afterStart = inputConditions?.waitForActivePushQuery === true
    if (!afterStart) {
      await this.produceInputs()
      this.activity = 'waiting for queries to catch up'
      await this.stack.settled(this.signal)
    }
    for (const sql of this.queries) {
      this.activity = `answering ${sql}`
      const body = { ksql: sql, streamsProperties: this.properties() }
      const rows = afterStart ? await this.askBeforeInputs(body) : await this.ask('/query', body)
      if (rows.status !== 200) return this.judgeError(rows)
      this.items.push(parse(rows.text) as Spec)
    }
    if (expectedError !== undefined) return `no error; expected ${expectedError.message}`
    if (this.example.testPullWithProtoFormat === true)
      for (const sql of this.queries) {
        const body = { sql, properties: this.properties() }
        const rows = await this.ask('/query-stream', body, PROTOBUF_TYPE)
        if (rows.status !== 200) return `${PROTOBUF_TYPE}: ${rows.text}`
        this.items.push(parse(rows.text) as Spec)
      }
    this.activity = 'judging'
    return this.judgeResponses() ?? (await this.judgeOutputs())
  }

  private properties(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.example.properties ?? {}))
  }
  private async ask(path: string, body: unknown, accept?: string): Promise<Answer> {
    const response = await this.stack.request(path, body, accept, this.signal)
    return { status: response.status, text: await response.text() }
  }
  private async askBeforeInputs(body: unknown): Promise<Answer> {
    const response = await this.stack.request('/query', body, undefined, this.signal)
    const rows = response.text()
    if (response.status === 200) {
      // A query with LIMIT 0 is over before it can be seen running.
      await Promise.race([rows, this.pushQueryRuns()])
      await this.produceInputs()
    }
    return { status: response.status, text: await rows }
  }
  private async pushQueryRuns(): Promise<void> {
    while (!(await this.stack.hasRunningPushQuery())) await this.platform.timers.sleep(CHECK_INTERVAL_MS, this.signal)
  }

  /** Declared topics, those of sources with columns, those of records; an earlier rule wins. */
  private async createTopics(): Promise<void> {
    const partitions = new Map<string, number>()
    const want = (name: string, count: number): void => {
      if (!partitions.has(name)) partitions.set(name, count)
    }
    for (const topic of this.example.topics ?? []) {
      want(topic.name, numberOf(topic.partitions) ?? 1)
      await this.register(`${topic.name}-key`, topic.keySchema, topic.keyFormat, numberOf(topic.keySchemaId))
      await this.register(`${topic.name}-value`, topic.valueSchema, topic.valueFormat, numberOf(topic.valueSchemaId))
    }
    for (const { name, count } of this.admin.flatMap(sourceTopic)) want(name, count)
    for (const { topic } of [...(this.example.inputs ?? []), ...(this.example.outputs ?? [])])
      want(topic, DEFAULT_PARTITIONS)
    for (const [name, count] of partitions) await this.stack.createTopic(name, count)
  }

  private async register(
    subject: string,
    schema: Spec | undefined,
    format: string | undefined,
    id: number | undefined,
  ): Promise<void> {
    if (schema === undefined) return
    const schemaType = format === undefined || format === 'AVRO' ? 'AVRO' : format === 'PROTOBUF' ? format : 'JSON'
    await registerSchema(
      this.stack.registry,
      subject,
      typeof schema === 'string' ? schema : text(schema),
      schemaType,
      id,
    )
  }

  private serde({ topic, keyFormat, valueFormat, schema }: DataSource, isKey: boolean): SpecSerde | Promise<SpecSerde> {
    const format = isKey ? keyFormat : valueFormat
    return format.name === 'AVRO'
      ? avroSpecSerde(this.stack.schemas, topic, isKey)
      : specSerde(format, isKey ? schema.key : schema.value, true)
  }
  private sourceOf(topic: string): DataSource {
    const source = [...this.stack.engine.catalog.sources.values()].find(candidate => candidate.topic === topic)
    if (source === undefined) throw new Error(`no source has the topic ${topic}`)
    return source
  }

  private async produceInputs(): Promise<void> {
    this.activity = 'producing inputs'
    for (const record of this.example.inputs ?? []) {
      const source = this.sourceOf(record.topic)
      await this.stack.registerSchemasOf(source)
      const key = (await this.serde(source, true)).encode(record.key)
      await this.stack.produce({
        topic: record.topic,
        key: key !== null && record.window !== undefined ? windowedKey(key, record.window) : key,
        value: (await this.serde(source, false)).encode(record.value),
        timestampMs: numberOf(record.timestamp) ?? 0,
        headers: (record.headers ?? []).map(header => ({
          key: header.KEY,
          value: header.VALUE === null ? null : Buffer.from(header.VALUE, 'base64'),
        })),
      })
    }
  }

  private judgeError({ status, text: answer }: Answer): string | null {
    const expected = this.example.expectedError
    if (expected === undefined) return `error ${status}: ${answer}${this.complaints()}`
    const body = JSON.parse(answer) as Record<string, unknown>
    if (expected.status !== undefined && String(expected.status) !== String(status))
      return `status ${status}, expected ${expected.status}: ${answer}`
    if (expected.message !== undefined && !String(body.message).includes(expected.message))
      return `another error: ${body.message}\nexpected: ${expected.message}`
    if (expected.type?.endsWith('KsqlStatementErrorMessage')) {
      if (body['@type'] !== 'statement_error') return `${body['@type']} instead of statement_error: ${body.message}`
      const last = this.example.statements.at(-1) ?? ''
      if (!String(body.statementText).includes(last)) return `statementText ${body.statementText}, expected ${last}`
    }
    return null
  }

  private judgeResponses(): string | null {
    for (const [index, { admin, query, queryProto }] of (this.example.responses ?? []).entries()) {
      const actual = this.items[index]
      const problem =
        admin !== undefined
          ? differsFromEntity(actual, admin)
          : query !== undefined
            ? differsFromRows((actual ?? []) as Spec[], query)
            : queryProto !== undefined
              ? 'rows in Protobuf are not judged yet'
              : null
      if (problem !== null) return `response ${index}: ${problem}${this.complaints()}`
    }
    return null
  }

  private async judgeOutputs(): Promise<string | null> {
    const outputs = this.example.outputs ?? []
    for (const topic of new Set(outputs.map(record => record.topic))) {
      const expected = outputs.filter(record => record.topic === topic)
      const source = this.sourceOf(topic)
      const [keys, values] = [await this.serde(source, true), await this.serde(source, false)]
      const actual = await this.stack.read(topic, expected.length)
      for (const [index, record] of expected.entries()) {
        const got = actual[index]
        if (got === undefined) return `${topic}: ${expected.length} records expected, ${actual.length} found`
        const [key, value] = [keys.decode(got.key), values.decode(got.value)]
        const at = `${topic}[${index}]`
        if (!matches(key, record.key ?? null)) return `${at}: key ${show(key)}, expected ${JSON.stringify(record.key)}`
        if (!matches(value, record.value ?? null))
          return `${at}: value ${show(value)}, expected ${JSON.stringify(record.value)}`
        if (record.timestamp !== undefined && got.timestampMs !== numberOf(record.timestamp))
          return `${at}: timestamp ${got.timestampMs}, expected ${record.timestamp.value}`
      }
    }
    return null
  }

  private complaints(): string {
    return this.stack.complaints.map(complaint => `\n${complaint}`).join('')
  }
}

function isQuery(statement: string): boolean {
  return /^select\s/i.test(statement.trim())
}

/** The topic of a CREATE with columns. What does not parse is for the server to refuse. */
function sourceTopic(text: string): { name: string; count: number }[] {
  let statements: ReturnType<typeof parseScript>
  try {
    statements = parseScript(text)
  } catch {
    return []
  }
  return statements.flatMap(({ statement }) => {
    if (statement.kind !== 'CreateSource' || statement.columns.length === 0) return []
    const property = (wanted: string): unknown => {
      const value = statement.properties.find(({ name }) => name.toUpperCase() === wanted)?.value
      return value !== undefined && 'value' in value ? value.value : undefined
    }
    const name = property('KAFKA_TOPIC')
    return typeof name === 'string' ? [{ name, count: Number(property('PARTITIONS') ?? DEFAULT_PARTITIONS) }] : []
  })
}
