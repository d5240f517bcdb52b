/**
 * A SQL server without HTTP: the catalogue, the persistent queries and the statements that change them. Statements are
 * executed one at a time; each is analysed against the catalogue its predecessor left.
 */
import { Admin, type CallOptions, Producer } from '@millrace/client'
import { MillraceError } from '@millrace/protocol'
import type { SchemaInference } from '../analysis/create-source.ts'
import { analyseStatement, applyToCatalog, type Command, type StatementContext } from '../analysis/statements.ts'
import type * as ast from '../ast/nodes.ts'
import { Catalog } from '../catalog/catalog.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { ExecutionContext, ProcessingError } from '../execution/execution-context.ts'
import type { RegistryFormats } from '../formats/registry-formats.ts'
import type { RowSerde } from '../formats/row-format.ts'
import { rowSerde } from '../formats/row-serde.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { QueryPlan } from '../plan/steps.ts'
import { CommandLog, type LoggableCommand } from './command-log.ts'
import { PersistentQuery, type QuerySettings } from './persistent-query.ts'
import { mergeProperties, offsetReset, type Properties } from './properties.ts'
import { notQueryable, pullFromTable, refuseUnsupported } from './pull-query.ts'
import { answerChanges } from './push-query.ts'
import type { RowSink } from './row-sink.ts'
import { isMaterializedSource, type SourceTablePlan, sourceTablePlan } from './source-table.ts'
import { isScalable, TransientQuery } from './transient-query.ts'

export interface EngineOptions extends QuerySettings {
  readonly functions: FunctionRegistry
  /** Formats and inference through a schema registry; without one, formats that need it are refused. */
  readonly formats?: RegistryFormats
  /** Of the server, under ksqlDB's names: what requests do not say themselves. */
  readonly properties?: Properties
  /** Told of records that a query could not use, and of queries that failed. */
  readonly onProcessingError?: (error: ProcessingError) => void
}

/** What executing a statement did, for the answer. */
export interface Executed {
  readonly message: string
  /** As ksqlDB names the entity: `stream/X/create`. */
  readonly commandId: string
  readonly commandNumber: number
  readonly queryId: string | null
}

/** A topic that a statement needs and that is neither there nor can be created. */
export class TopicError extends MillraceError {
  readonly code = 'SQL_TOPIC'
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
  }
}

const DEFAULT_SINK_PARTITIONS = 1
const NO_INFERENCE: SchemaInference = {
  columns(topic, side) {
    throw new SqlAnalysisError(
      `Schema for message ${side}s on topic '${topic}' does not exist in the Schema Registry: no registry is configured (ksql.schema.registry.url). Name the columns instead.`,
    )
  },
}

export class KsqlEngine implements AsyncDisposable {
  private catalogue = Catalog.EMPTY
  private readonly running = new Map<string, PersistentQuery>()
  private nextQuery = 0
  private readonly transient = new Map<string, TransientQuery>()
  private nextTransient = 0
  /** The end of the statements that were accepted before. */
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly options: EngineOptions,
    private readonly log: CommandLog,
    private readonly admin: Admin,
    private readonly producer: Producer,
  ) {}

  /** Replays the command topic and starts the queries it leaves; they catch up in the background. */
  static async open(options: EngineOptions): Promise<KsqlEngine> {
    const { bootstrapServers, platform, serviceId } = options
    const topic = `_confluent-ksql-${serviceId}_command_topic`
    const { log, commands } = await CommandLog.open({ bootstrapServers, platform, topic })
    const clients = { bootstrapServers, platform }
    const engine = new KsqlEngine(
      options,
      log,
      new Admin(clients),
      new Producer({ ...clients, acks: 'all', lingerMs: 0 }),
    )
    const statements = new Map<string, { plan: RunnablePlan; statement: string }>()
    for (const { command, statement } of commands) {
      if (command.kind === 'Terminate') statements.delete(command.queryId)
      else {
        engine.catalogue = applyToCatalog(engine.catalogue, command)
        const plan = planOf(command)
        if (plan !== null) {
          engine.nextQuery++
          statements.set(plan.queryId, { plan, statement })
        }
        if (command.kind === 'DropSource' && command.source.queryId !== null) statements.delete(command.source.queryId)
      }
    }
    for (const { plan, statement } of statements.values()) engine.startInBackground(plan, statement)
    return engine
  }

  get catalog(): Catalog {
    return this.catalogue
  }
  get queries(): readonly PersistentQuery[] {
    return [...this.running.values()]
  }
  get functions(): FunctionRegistry {
    return this.options.functions
  }
  get settings(): QuerySettings {
    return this.options
  }
  query(id: string): PersistentQuery | undefined {
    return this.running.get(id)
  }
  /** Push and pull queries that are being answered. */
  get transientQueries(): readonly TransientQuery[] {
    return [...this.transient.values()]
  }
  /** Ends an answer early; false when there is no such query. */
  closeTransient(id: string): boolean {
    const query = this.transient.get(id)
    query?.stop()
    return query !== undefined
  }
  readersOf(source: string): string[] {
    return this.queries.filter(({ plan, sink }) => sink !== null && plan.sources.includes(source)).map(({ id }) => id)
  }
  writersOf(source: string): string[] {
    return this.queries.filter(({ sink }) => sink?.name === source).map(({ id }) => id)
  }
  /** Topics with the number of their partitions, sorted by name. */
  async topics(
    options: CallOptions & { readonly includeInternal?: boolean } = {},
  ): Promise<{ name: string; partitionCount: number }[]> {
    const names = (await this.admin.listTopics(options)).map(({ name }) => name)
    const described = await this.admin.describeTopics(names)
    return [...described.values()]
      .map(({ name, partitions }) => ({ name, partitionCount: partitions.length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Throws SqlAnalysisError and TopicError; then nothing has changed. */
  execute(parsed: ast.ParsedStatement, properties: Properties): Promise<Executed> {
    const result = this.turn.then(() => this.executeNow(parsed, properties))
    this.turn = result.catch(() => undefined)
    return result
  }

  /** Analysis without effects: what EXPLAIN shows. Throws SqlAnalysisError. */
  analyse(parsed: ast.ParsedStatement, properties: Properties): Command {
    return analyseStatement(parsed, this.statementContext(properties))
  }

  private effective(properties: Properties): Properties {
    return mergeProperties(this.options.properties, properties)
  }
  private statementContext(properties: Properties): StatementContext {
    const { functions, formats } = this.options
    const effective = this.effective(properties)
    return {
      catalog: this.catalogue,
      functions,
      defaults: {
        keyFormat: effective['ksql.persistence.default.format.key'] ?? 'KAFKA',
        valueFormat: effective['ksql.persistence.default.format.value'] ?? null,
      },
      inference: formats ?? NO_INFERENCE,
      nextQuery: this.nextQuery,
      usage: { readersOf: name => this.readersOf(name), writersOf: name => this.writersOf(name) },
    }
  }

  private async executeNow(parsed: ast.ParsedStatement, properties: Properties): Promise<Executed> {
    await this.fetchSchemas(parsed.statement)
    const command = this.analyse(parsed, properties)
    switch (command.kind) {
      case 'Nothing':
        return {
          message: command.reason,
          commandId: commandId(command, parsed),
          commandNumber: this.log.lastNumber,
          queryId: null,
        }
      case 'InsertValues':
        await this.insert(command)
        return { message: '', commandId: '', commandNumber: this.log.lastNumber, queryId: null }
      case 'CreateSource':
        return await this.createSource(parsed, properties, command)
      case 'CreateAsSelect':
        return await this.createQuery(parsed, properties, command)
      case 'InsertIntoSelect': {
        const committed = await this.commit(
          parsed,
          properties,
          command,
          `Created query with ID ${command.plan.queryId}`,
        )
        await this.startQuery(command.plan, parsed.text)
        return { ...committed, queryId: command.plan.queryId }
      }
      case 'DropSource':
        return await this.drop(parsed, properties, command)
      case 'AlterSource':
        return await this.commit(parsed, properties, command, `${title(command.source)} altered`)
      case 'CreateType':
        return await this.commit(parsed, properties, command, `Registered custom type with name '${command.name}'`)
      case 'DropType':
        return await this.commit(parsed, properties, command, `Dropped type '${command.name}'`)
    }
  }

  private async fetchSchemas(statement: ast.Statement): Promise<void> {
    const { formats } = this.options
    if (formats === undefined || statement.kind !== 'CreateSource') return
    const values = statement.properties.map(({ name, value }) => [name.toUpperCase(), value] as const)
    const topic = values.find(([name]) => name === 'KAFKA_TOPIC')?.[1]
    const ids = values.flatMap(([name, value]) =>
      /^(KEY|VALUE)_SCHEMA_ID$/.test(name) && value.kind === 'IntegerLiteral' ? [Number(value.value)] : [],
    )
    if (topic?.kind === 'StringLiteral') await formats.fetchSchemas(topic.value, ids)
  }

  /** Makes a command durable and the catalogue what it says. */
  private async commit(
    parsed: ast.ParsedStatement,
    properties: Properties,
    command: LoggableCommand,
    message: string,
  ): Promise<Executed> {
    const commandNumber = await this.log.append({
      statement: `${parsed.text};`,
      streamsProperties: properties,
      command,
    })
    if (command.kind !== 'Terminate') {
      this.catalogue = applyToCatalog(this.catalogue, command)
      if (planOf(command) !== null) this.nextQuery++
    }
    return { message, commandId: commandId(command, parsed), commandNumber, queryId: null }
  }

  private async createSource(
    parsed: ast.ParsedStatement,
    properties: Properties,
    command: Extract<Command, { kind: 'CreateSource' }>,
  ): Promise<Executed> {
    await this.ensureSourceTopic(command)
    const queryId = isMaterializedSource(command.source) ? `CST_${command.source.name}_${this.nextQuery}` : null
    const source = { ...command.source, queryId }
    const plan = sourceTablePlan(source)
    const query = plan === null ? null : this.newQuery(plan, parsed.text)
    const committed = await this.commit(parsed, properties, { ...command, source }, `${title(source)} created`)
    if (query !== null) await this.run(query)
    return { ...committed, queryId }
  }

  private async createQuery(
    parsed: ast.ParsedStatement,
    properties: Properties,
    command: Extract<Command, { kind: 'CreateAsSelect' }>,
  ): Promise<Executed> {
    const { plan, source, properties: sink, replaces } = command
    // What cannot be executed is refused before anything has happened.
    const query = this.newQuery(plan, parsed.text)
    await this.options.formats?.prepare()
    await this.ensureTopic(
      source.topic,
      sink.partitions ?? (await this.sourcePartitions(plan)),
      this.topicConfigs(source, sink.retentionMs, sink.cleanupPolicy),
    )
    if (replaces !== null) await this.running.get(replaces)?.stop()
    const committed = await this.commit(parsed, properties, command, `Created query with ID ${plan.queryId}`)
    await this.run(query)
    return { ...committed, queryId: plan.queryId }
  }

  private topicConfigs(
    source: DataSource,
    retentionMs: number | null,
    cleanupPolicy: string | null,
  ): Record<string, string> {
    const configs: Record<string, string> = Object.create(null)
    const policy =
      cleanupPolicy ?? (source.kind === 'TABLE' ? (source.window === null ? 'compact' : 'compact,delete') : null)
    if (policy !== null) configs['cleanup.policy'] = policy
    if (retentionMs !== null) configs['retention.ms'] = String(retentionMs)
    return configs
  }

  private async sourcePartitions(plan: QueryPlan): Promise<number> {
    const topics = plan.sources.map(name => this.catalogue.existing(name).topic)
    const described = await this.admin.describeTopics(topics)
    return Math.max(DEFAULT_SINK_PARTITIONS, ...[...described.values()].map(({ partitions }) => partitions.length))
  }

  private async ensureSourceTopic({ source, properties }: Extract<Command, { kind: 'CreateSource' }>): Promise<void> {
    if ((await this.topicNames()).has(source.topic)) return
    if (properties.partitions === null)
      throw new TopicError(
        `Topic '${source.topic}' does not exist. If you want to create a new topic for the ${source.kind.toLowerCase()} please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: ${source.sql.replace(/\)\s*;?$/, ', PARTITIONS=2);')}`,
      )
    await this.ensureTopic(
      source.topic,
      properties.partitions,
      this.topicConfigs(source, properties.retentionMs, properties.cleanupPolicy),
    )
  }
  private async ensureTopic(name: string, partitions: number, configs: Record<string, string>): Promise<void> {
    if ((await this.topicNames()).has(name)) return
    await this.admin.createTopics([{ name, partitions, configs }])
  }
  private async topicNames(): Promise<Set<string>> {
    return new Set((await this.admin.listTopics({ includeInternal: true })).map(({ name }) => name))
  }

  private async insert({ row }: Extract<Command, { kind: 'InsertValues' }>): Promise<void> {
    const { target, key, value, timestampMs } = row
    const bytes = (serde: RowSerde, columns: typeof key): Uint8Array | null => serde.serialize(columns)
    const { schemas } = this.executionContext()
    const { topic } = target
    const keys = rowSerde(target.keyFormat, target.schema.key, { topic, isKey: true }, schemas)
    const values = rowSerde(target.valueFormat, target.schema.value, { topic, isKey: false }, schemas)
    await this.options.formats?.prepare()
    await this.producer.send({
      topic,
      key: bytes(keys, key),
      value: bytes(values, value),
      ...(timestampMs === null ? {} : { timestampMs }),
    })
  }

  private async drop(
    parsed: ast.ParsedStatement,
    properties: Properties,
    command: Extract<Command, { kind: 'DropSource' }>,
  ): Promise<Executed> {
    const { source, deleteTopic } = command
    const query = source.queryId === null ? undefined : this.running.get(source.queryId)
    const committed = await this.commit(
      parsed,
      properties,
      command,
      `Source \`${source.name}\` (topic: ${source.topic}) was dropped.`,
    )
    if (query !== undefined) {
      this.running.delete(query.id)
      await query.remove()
    }
    if (deleteTopic) await this.admin.deleteTopics([source.topic])
    return committed
  }

  /** Stops a query for good. Throws SqlAnalysisError for an unknown id. */
  terminate(parsed: ast.ParsedStatement, queryId: string, properties: Properties): Promise<Executed> {
    const result = this.turn.then(async () => {
      if (this.closeTransient(queryId))
        return {
          message: 'Query terminated.',
          commandId: `terminate/${queryId}/execute`,
          commandNumber: this.log.lastNumber,
          queryId,
        }
      const query = this.running.get(queryId)
      if (query === undefined) throw new SqlAnalysisError(`Unknown queryId: ${queryId}`, parsed.statement.at)
      const committed = await this.commit(parsed, properties, { kind: 'Terminate', queryId }, 'Query terminated.')
      this.running.delete(queryId)
      await query.remove()
      return committed
    })
    this.turn = result.catch(() => undefined)
    return result
  }

  /** Answers a SELECT into `sink`. Throws SqlAnalysisError and NotReadyError before anything was sent to it. */
  async answer(
    { statement: query, text }: { readonly statement: ast.Query; readonly text: string },
    properties: Properties,
    signal: AbortSignal,
    sink: RowSink,
  ): Promise<void> {
    const effective = this.effective(properties)
    const source = this.catalogue.source(query.from.name)
    if (source === undefined)
      throw new SqlAnalysisError(
        `${query.from.name} does not exist.${this.catalogue.hint(query.from.name)}`,
        query.from.at,
      )
    if (query.emit === null) refuseUnsupported(query, this.functions, effective)
    const scalable = query.emit !== null && isScalable(query, source, effective)
    const prefix = scalable ? 'SCALABLE_PUSH_QUERY' : 'transient'
    const running = new TransientQuery(`${prefix}_${source.name}_${this.nextTransient++}`, text, query, signal)
    this.transient.set(running.id, running)
    try {
      if (query.emit === null && source.kind === 'TABLE') await this.pull(query, source, running, effective, sink)
      else {
        const analysis = { catalog: this.catalogue, functions: this.functions }
        const options = {
          offsetReset: query.emit === null ? ('earliest' as const) : offsetReset(effective),
          untilEnd: query.emit === null,
          needsKey: scalable,
          signal: running.signal,
          onRunning: () => running.started(),
        }
        await answerChanges(query, running.id, analysis, this.executionContext(), this.options, options, sink)
      }
    } finally {
      this.transient.delete(running.id)
    }
  }

  private async pull(
    query: ast.Query,
    source: DataSource,
    { id, signal }: TransientQuery,
    properties: Properties,
    sink: RowSink,
  ): Promise<void> {
    const materializer = this.materializerOf(source)
    if (materializer === undefined) throw notQueryable(source)
    await materializer.ready(signal)
    const onError = (error: Error): void => this.options.onProcessingError?.({ queryId: id, step: 'pull', error })
    const context = { catalog: this.catalogue, functions: this.functions, properties, onError }
    await pullFromTable(query, source, materializer, id, context, sink)
  }

  private materializerOf(source: DataSource): PersistentQuery | undefined {
    return source.queryId === null ? undefined : this.running.get(source.queryId)
  }

  private executionContext(): ExecutionContext {
    const { functions, formats, onProcessingError = () => undefined } = this.options
    return {
      functions,
      customTypes: this.catalogue.types,
      onProcessingError,
      ...(formats === undefined
        ? {}
        : { schemas: (format, columns, target) => formats.serde(format, columns, target) }),
    }
  }
  private newQuery(plan: RunnablePlan, statement: string): PersistentQuery {
    const onFailure = (error: unknown): void =>
      this.options.onProcessingError?.({ queryId: plan.queryId, step: 'query', error: error as Error })
    return new PersistentQuery(plan, statement, this.executionContext(), this.options, onFailure)
  }
  private async run(query: PersistentQuery): Promise<void> {
    this.running.set(query.id, query)
    await this.options.formats?.prepare()
    // A query that fails to start shows as ERROR and leaves the others alone.
    await query
      .start()
      .catch(error => this.options.onProcessingError?.({ queryId: query.id, step: 'start', error: error as Error }))
  }
  /** A plan of an earlier version that cannot be executed any more is reported; the others run. */
  private startInBackground(plan: RunnablePlan, statement: string): void {
    try {
      void this.startQuery(plan, statement)
    } catch (error) {
      this.options.onProcessingError?.({ queryId: plan.queryId, step: 'start', error: error as Error })
    }
  }
  private startQuery(plan: RunnablePlan, statement: string): Promise<void> {
    return this.run(this.newQuery(plan, statement))
  }

  /** Stops the queries; their state, positions and topics stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.turn
    await Promise.all(this.queries.map(query => query.stop()))
    await this.log[Symbol.asyncDispose]()
    await this.producer.close()
    await this.admin.close()
  }
}

type RunnablePlan = QueryPlan | SourceTablePlan

function planOf(command: LoggableCommand): RunnablePlan | null {
  if (command.kind === 'CreateSource') return sourceTablePlan(command.source)
  return command.kind === 'CreateAsSelect' || command.kind === 'InsertIntoSelect' ? command.plan : null
}

function title(source: DataSource): string {
  return source.kind === 'STREAM' ? 'Stream' : 'Table'
}

function commandId(command: Command | LoggableCommand, { statement }: ast.ParsedStatement): string {
  switch (command.kind) {
    case 'CreateSource':
    case 'CreateAsSelect':
      return `${command.source.kind.toLowerCase()}/\`${command.source.name}\`/create`
    case 'AlterSource':
      return `${command.source.kind.toLowerCase()}/\`${command.source.name}\`/alter`
    case 'DropSource':
      return `${command.source.kind.toLowerCase()}/\`${command.source.name}\`/drop`
    case 'InsertIntoSelect':
      return `stream/\`${command.plan.queryId}\`/create`
    case 'Terminate':
      return `terminate/${command.queryId}/execute`
    case 'CreateType':
      return `type/${command.name}/create`
    case 'DropType':
      return `type/${command.name}/drop`
    default:
      return 'name' in statement && typeof statement.name === 'string' ? `stream/\`${statement.name}\`/create` : ''
  }
}
