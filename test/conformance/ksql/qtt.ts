/** Runs a `qtt` case: "Running a `qtt` case" and "Judging" of the corpus' README. Nothing is skipped. */

import { Serdes } from '@millrace/client'
import {
  analyseStatement,
  applyToCatalog,
  buildExecution,
  Catalog,
  type Column,
  type Command,
  type DataSource,
  type FormatInfo,
  type FunctionRegistry,
  type ParsedStatement,
  parseScript,
  type QueryPlan,
  RegistryFormats,
  rowSerde,
  SqlAnalysisError,
  SqlSyntaxError,
} from '@millrace/ksql'
import { realPlatform } from '@millrace/platform'
import { InProcessRegistryClient, MemoryLog, SchemaRegistry } from '@millrace/schema-registry'
import { TopologyTestDriver } from '@millrace/streams'
import { avroSpecSerde } from './avro-spec.ts'
import { jsonText, numberOf, type QttCase, type SpecRecord } from './corpus.ts'
import { matches, show } from './match.ts'
import { registerSchema } from './register-schema.ts'
import { type SpecSerde, specSerde } from './spec-serdes.ts'
import { windowedKey } from './windowed-keys.ts'

const SERVICE_ID = 'some.ksql.service.id'

interface LogRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampMs: number
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

/** Null when the case passes, else why not. */
export async function runQttCase(example: QttCase, functions: FunctionRegistry): Promise<string | null> {
  await using registry = await SchemaRegistry.start({ log: new MemoryLog(realPlatform().clock) })
  const run = new QttRun(example, functions, registry)
  try {
    await run.execute()
  } catch (error) {
    return judgeError(example, error as Error)
  }
  if (example.expectedException !== undefined)
    return `no error; expected ${JSON.stringify(example.expectedException.message ?? example.expectedException.type)}`
  return await run.judge()
}

function judgeError({ expectedException }: QttCase, error: Error): string | null {
  const text = messagesOf(error)
  if (expectedException === undefined) return `${error.name}: ${text}`
  for (const expected of [expectedException.message, expectedException.causeMessage])
    if (expected !== undefined && !text.includes(expected)) return `another error: ${text}\n  expected: ${expected}`
  const type = expectedException.type ?? ''
  if (
    type.endsWith('ParseFailedException') &&
    !(error instanceof SqlSyntaxError) &&
    !(error instanceof SqlAnalysisError)
  )
    return `another kind of error, ${error.name}: ${text}`
  return null
}
function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return error.cause === undefined ? error.message : `${error.message}\n${messagesOf(error.cause)}`
}

class QttRun {
  private catalog = Catalog.EMPTY
  private readonly queries: QueryPlan[] = []
  private readonly topics = new Map<string, LogRecord[]>()
  private readonly internalTopics = new Set<string>()
  private nextQuery = 0
  private readonly exactNumbers: boolean
  private readonly registry: InProcessRegistryClient
  private readonly formats: RegistryFormats

  constructor(
    private readonly example: QttCase,
    private readonly functions: FunctionRegistry,
    private readonly schemaRegistry: SchemaRegistry,
  ) {
    this.registry = new InProcessRegistryClient(schemaRegistry)
    this.formats = new RegistryFormats(this.registry)
    this.exactNumbers =
      example.properties?.['use.exact.numeric.comparison'] !== 'false' &&
      example.properties?.['use.exact.numeric.comparison'] !== false
  }

  async execute(): Promise<void> {
    await this.registerDeclared()
    for (const parsed of parseScript(this.example.statements.join('\n'))) {
      const property = (name: string): string | null => {
        const value = this.example.properties?.[name]
        return typeof value === 'string' ? value : null
      }
      await this.fetchSchemas(parsed)
      const command = analyseStatement(parsed, {
        catalog: this.catalog,
        functions: this.functions,
        defaults: {
          keyFormat: property('ksql.persistence.default.format.key') ?? 'KAFKA',
          valueFormat: property('ksql.persistence.default.format.value'),
        },
        inference: this.formats,
        nextQuery: this.nextQuery,
        usage: {
          readersOf: name => this.queries.filter(query => query.sources.includes(name)).map(query => query.queryId),
          writersOf: name => this.queries.filter(query => query.sink.name === name).map(query => query.queryId),
        },
      })
      await this.apply(command)
    }
    await this.pipe()
  }

  private async registerDeclared(): Promise<void> {
    for (const topic of this.example.topics ?? [])
      for (const [side, schema, format, id] of [
        ['key', topic.keySchema, topic.keyFormat, topic.keySchemaId],
        ['value', topic.valueSchema, topic.valueFormat, topic.valueSchemaId],
      ] as const) {
        if (schema === undefined || (format !== undefined && format !== 'AVRO')) continue
        await registerSchema(this.schemaRegistry, `${topic.name}-${side}`, jsonText(schema), 'AVRO', numberOf(id))
      }
  }
  private async fetchSchemas({ statement }: ParsedStatement): Promise<void> {
    if (statement.kind !== 'CreateSource') return
    const topic = statement.properties.find(({ name }) => name.toUpperCase() === 'KAFKA_TOPIC')?.value
    const ids = statement.properties.flatMap(({ name, value }) =>
      /_SCHEMA_ID$/i.test(name) && value.kind === 'IntegerLiteral' ? [Number(value.value)] : [],
    )
    if (topic?.kind === 'StringLiteral') await this.formats.fetchSchemas(topic.value, ids)
  }
  private readonly schemas = (
    format: FormatInfo,
    columns: readonly Column[],
    target: { topic: string; isKey: boolean },
  ) => this.formats.serde(format, columns, target)

  /** What step 1 of the README registers for a topic that a statement declares. */
  private async registerDerived(source: DataSource): Promise<void> {
    for (const [isKey, format, columns] of [
      [true, source.keyFormat, source.schema.key],
      [false, source.valueFormat, source.schema.value],
    ] as const) {
      if (format.name !== 'AVRO' || columns.length === 0) continue
      const known = await this.registry.latest(`${source.topic}-${isKey ? 'key' : 'value'}`).then(
        () => true,
        () => false,
      )
      if (known) continue
      this.schemas(format, columns, { topic: source.topic, isKey })
      await this.formats.prepare()
    }
  }

  private async apply(command: Command): Promise<void> {
    this.catalog = applyToCatalog(this.catalog, command)
    switch (command.kind) {
      case 'CreateSource':
        await this.registerDerived(command.source)
        break
      case 'CreateAsSelect':
        this.nextQuery++
        if (command.replaces !== null) {
          const at = this.queries.findIndex(query => query.queryId === command.replaces)
          this.queries[at] = command.plan
        } else this.queries.push(command.plan)
        break
      case 'InsertIntoSelect':
        this.nextQuery++
        this.queries.push(command.plan)
        break
      case 'InsertValues': {
        const { target, key, value, timestampMs } = command.row
        const bytes = async (row: typeof key, isKey: boolean): Promise<Buffer | null> => {
          const serde = rowSerde(
            isKey ? target.keyFormat : target.valueFormat,
            isKey ? target.schema.key : target.schema.value,
            { topic: target.topic, isKey },
            this.schemas,
          )
          await this.formats.prepare()
          const written = serde.serialize(row)
          return written === null ? null : Buffer.from(written)
        }
        this.log(target.topic).push({
          key: await bytes(key, true),
          value: await bytes(value, false),
          timestampMs: timestampMs ?? Date.now(),
          headers: [],
        })
      }
    }
  }

  private log(topic: string): LogRecord[] {
    let records = this.topics.get(topic)
    if (records === undefined) {
      records = []
      this.topics.set(topic, records)
    }
    return records
  }

  private sourceOf(topic: string): DataSource {
    const source = [...this.catalog.sources.values()].find(candidate => candidate.topic === topic)
    if (source === undefined) throw new Error(`no source has the topic ${topic}`)
    return source
  }
  private async serdesOf(topic: string): Promise<{ key: SpecSerde; value: SpecSerde; source: DataSource }> {
    const source = this.sourceOf(topic)
    const { schema, keyFormat, valueFormat } = source
    const side = (format: FormatInfo, columns: readonly Column[], isKey: boolean) =>
      format.name === 'AVRO' && columns.length > 0
        ? avroSpecSerde(this.registry, topic, isKey)
        : specSerde(format.name === 'AVRO' ? { name: 'NONE' } : format, columns, this.exactNumbers)
    return { source, key: await side(keyFormat, schema.key, true), value: await side(valueFormat, schema.value, false) }
  }

  private async encode(record: SpecRecord): Promise<LogRecord> {
    const { key, value } = await this.serdesOf(record.topic)
    const base = key.encode(record.key)
    return {
      key: base !== null && record.window !== undefined ? windowedKey(base, record.window) : base,
      value: value.encode(record.value),
      timestampMs: numberOf(record.timestamp) ?? 0,
      headers: (record.headers ?? []).map(header => ({
        key: header.KEY,
        value: header.VALUE === null ? null : Buffer.from(header.VALUE, 'base64'),
      })),
    }
  }

  private async pipe(): Promise<void> {
    const inputs: { topic: string; record: LogRecord }[] = []
    for (const record of this.example.inputs ?? [])
      inputs.push({ topic: record.topic, record: await this.encode(record) })
    for (const { topic, record } of inputs) this.log(topic).push(record)
    for (const plan of this.queries) await this.pipeThrough(plan, inputs)
  }

  private async pipeThrough(plan: QueryPlan, inputs: readonly { topic: string; record: LogRecord }[]): Promise<void> {
    const { topology } = buildExecution(plan, {
      functions: this.functions,
      customTypes: this.catalog.types,
      schemas: this.schemas,
      onProcessingError: () => undefined,
    })
    await this.formats.prepare()
    const driver = new TopologyTestDriver(topology, {
      applicationId: `_confluent-ksql-${SERVICE_ID}query_${plan.queryId}`,
      deserializationExceptionHandler: () => 'continue',
    })
    const bytes = Serdes.bytes()
    const output = driver.createOutputTopic(plan.sink.topic, bytes, bytes)
    const sources = [...new Set(plan.sources.map(name => this.catalog.existing(name).topic))]
    const fed = new Set(sources.filter(topic => inputs.some(input => input.topic === topic)))
    const topicsIn = new Map(sources.map(topic => [topic, driver.createInputTopic(topic, bytes, bytes)]))
    const pipeOne = (topic: string, record: LogRecord): void => {
      topicsIn.get(topic)?.pipeRecord(record)
      for (const written of output.readRecordsToList())
        this.log(plan.sink.topic).push({
          key: written.key === null ? null : Buffer.from(written.key),
          value: written.value === null ? null : Buffer.from(written.value),
          timestampMs: written.timestampMs,
          headers: written.headers.map(({ key, value }) => ({
            key,
            value: value === null ? null : Buffer.from(value),
          })),
        })
    }
    for (const { topic, record } of inputs) if (fed.has(topic)) pipeOne(topic, record)
    for (const topic of sources) if (!fed.has(topic)) for (const record of [...this.log(topic)]) pipeOne(topic, record)
    for (const topic of driver.producedTopicNames()) this.internalTopics.add(topic)
    driver.close()
  }

  async judge(): Promise<string | null> {
    if (this.queries.length === 0) return 'no persistent query was started'
    for (const topic of new Set((this.example.outputs ?? []).map(record => record.topic))) {
      const problem = await this.judgeTopic(
        topic,
        (this.example.outputs ?? []).filter(record => record.topic === topic),
      )
      if (problem !== null) return problem
    }
    return this.judgePost()
  }

  private async judgeTopic(topic: string, expected: readonly SpecRecord[]): Promise<string | null> {
    const { key: keys, value: values, source } = await this.serdesOf(topic)
    const actual = this.log(topic)
    for (const [index, record] of expected.entries()) {
      const got = actual[index]
      if (got === undefined) return `${topic}: ${expected.length} records expected, ${actual.length} found`
      const window = source.window === null || got.key === null ? null : windowOf(got.key, source)
      const key = keys.decode(window === null ? got.key : window.key)
      const value = values.decode(got.value)
      const at = `${topic}[${index}]`
      if (!matches(key, record.key ?? null)) return `${at}: key ${show(key)}, expected ${JSON.stringify(record.key)}`
      if (!matches(value, record.value ?? null))
        return `${at}: value ${show(value)}, expected ${JSON.stringify(record.value)}`
      if (record.timestamp !== undefined && got.timestampMs !== numberOf(record.timestamp))
        return `${at}: timestamp ${got.timestampMs}, expected ${record.timestamp.value}`
      if ((record.window === undefined) !== (window === null))
        return `${at}: ${window === null ? 'no window' : 'a window'}`
      if (
        record.window !== undefined &&
        window !== null &&
        (window.start !== numberOf(record.window.start) || window.end !== numberOf(record.window.end))
      )
        return `${at}: window ${window.start}-${window.end}, expected ${record.window.start.value}-${record.window.end.value}`
      const headers = JSON.stringify(got.headers.map(header => [header.key, header.value?.toString('base64') ?? null]))
      if (headers !== JSON.stringify((record.headers ?? []).map(header => [header.KEY, header.VALUE])))
        return `${at}: headers ${headers}`
    }
    return actual.length > expected.length
      ? `${topic}: ${expected.length} records expected, ${actual.length} found`
      : null
  }

  private judgePost(): string | null {
    for (const expected of this.example.post?.sources ?? []) {
      const source = this.catalog.source(expected.name)
      if (source === undefined) return `there is no source ${expected.name}`
      if (expected.type !== undefined && source.kind !== expected.type.toUpperCase())
        return `${expected.name} is a ${source.kind}`
      const keyFormat = typeof expected.keyFormat === 'object' ? expected.keyFormat.format : expected.keyFormat
      if (keyFormat !== undefined && source.keyFormat.name !== keyFormat)
        return `key format of ${expected.name} is ${source.keyFormat.name}`
      if (expected.schema !== undefined) {
        const problem = this.judgeSchema(source, expected.schema)
        if (problem !== null) return problem
      }
    }
    return null
  }

  private judgeSchema(source: DataSource, expected: string): string | null {
    const kind = source.kind === 'TABLE' ? ' PRIMARY KEY' : ' KEY'
    const columns = expected.replaceAll(/ (?:PRIMARY )?KEY(?=,|$)/g, kind)
    const [parsed] = parseScript(`CREATE ${source.kind} X (${columns}) WITH (KAFKA_TOPIC='x', FORMAT='JSON');`)
    if (parsed === undefined) return `unreadable schema ${expected}`
    const command = analyseStatement(parsed, {
      catalog: this.catalog.withoutSource('X'),
      functions: this.functions,
      defaults: { keyFormat: 'JSON', valueFormat: 'JSON' },
      inference: { columns: () => [] },
      nextQuery: 0,
      usage: { readersOf: () => [], writersOf: () => [] },
    })
    if (command.kind !== 'CreateSource') return `unreadable schema ${expected}`
    const [want, have] = [JSON.stringify(command.source.schema), JSON.stringify(source.schema)]
    return want === have ? null : `schema of ${source.name}: ${have}, expected ${want}`
  }
}

function windowOf(bytes: Buffer, source: DataSource): { key: Buffer; start: number; end: number } {
  const start = Number(bytes.readBigInt64BE(bytes.length - 8))
  if (source.window?.sizeMs == null) {
    const end = Number(bytes.readBigInt64BE(bytes.length - 16))
    return { key: bytes.subarray(0, -16), start, end }
  }
  return { key: bytes.subarray(0, -8), start, end: start + source.window.sizeMs }
}
