/** What SHOW, DESCRIBE and EXPLAIN answer: ksqlDB's entities, property for property. */
import type * as ast from '../ast/nodes.ts'
import type { DataSource } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import type { KsqlEngine } from '../engine/engine.ts'
import type { PersistentQuery } from '../engine/persistent-query.ts'
import type { Properties } from '../engine/properties.ts'
import type { TransientQuery } from '../engine/transient-query.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { parametersText, parameterTypeText } from '../functions/signature.ts'
import type { SqlType } from '../types/sql-type.ts'

export type Entity = { readonly '@type': string; readonly statementText: string } & { readonly [name: string]: unknown }

function entity(type: string, statement: ast.ParsedStatement, content: Record<string, unknown>): Entity {
  return { '@type': type, statementText: `${statement.text};`, ...content, warnings: [] }
}

export async function show(
  statement: ast.Show,
  parsed: ast.ParsedStatement,
  engine: KsqlEngine,
  properties: Properties,
): Promise<Entity> {
  switch (statement.what) {
    case 'STREAMS':
    case 'TABLES': {
      const kind = statement.what === 'STREAMS' ? 'STREAM' : 'TABLE'
      const sources = sortedSources(engine).filter(source => source.kind === kind)
      if (statement.extended)
        return entity('source_descriptions', parsed, {
          sourceDescriptions: await Promise.all(sources.map(source => sourceDescription(source, engine, true))),
        })
      return entity(statement.what.toLowerCase(), parsed, { [statement.what.toLowerCase()]: sources.map(listedSource) })
    }
    case 'TOPICS':
    case 'ALL TOPICS': {
      const topics = await engine.topics({ includeInternal: statement.what === 'ALL TOPICS' })
      const visible = topics.filter(({ name }) => statement.what === 'ALL TOPICS' || !name.startsWith('_'))
      const listed = visible.map(({ name, partitionCount }) => ({
        name,
        replicaInfo: Array.from({ length: partitionCount }, () => 1),
      }))
      return entity('kafka_topics', parsed, { topics: listed })
    }
    case 'QUERIES':
      return entity('queries', parsed, {
        queries: [...engine.queries.map(runningQuery), ...engine.transientQueries.map(answeredQuery)],
      })
    case 'FUNCTIONS':
      return entity('function_names', parsed, {
        functions: engine.functions
          .list()
          .map(({ name, kind, category }) => ({ name, type: kind, category: category.toUpperCase() })),
      })
    case 'TYPES':
      return entity('type_list', parsed, {
        types: Object.fromEntries([...engine.catalog.types].map(([name, type]) => [name, schemaInfo(type)])),
      })
    case 'PROPERTIES':
      return entity('properties', parsed, {
        properties: Object.entries(properties).map(([name, value]) => ({ name, scope: 'KSQL', value, editable: true })),
        overwrittenProperties: Object.keys(properties),
        defaultProperties: [],
      })
    case 'VARIABLES':
      return entity('variables', parsed, { variables: [] })
    default:
      throw new SqlAnalysisError('Connectors are not supported: use Kafka Connect beside this server', statement.at)
  }
}

export async function describe(
  statement: ast.Describe,
  parsed: ast.ParsedStatement,
  engine: KsqlEngine,
): Promise<Entity> {
  switch (statement.what) {
    case 'SOURCE': {
      const source = engine.catalog.source(statement.name as string)
      if (source === undefined)
        throw new SqlAnalysisError(
          `Could not find STREAM/TABLE '${statement.name}' in the Metastore${engine.catalog.hint(statement.name as string)}`,
          statement.at,
        )
      return entity('sourceDescription', parsed, {
        sourceDescription: await sourceDescription(source, engine, statement.extended),
      })
    }
    case 'STREAMS':
    case 'TABLES': {
      const kind = statement.what === 'STREAMS' ? 'STREAM' : 'TABLE'
      const sources = sortedSources(engine).filter(source => source.kind === kind)
      return entity('source_descriptions', parsed, {
        sourceDescriptions: await Promise.all(
          sources.map(source => sourceDescription(source, engine, statement.extended)),
        ),
      })
    }
    case 'FUNCTION':
      return entity('describe_function', parsed, functionDescription(statement, engine))
    case 'CONNECTOR':
      throw new SqlAnalysisError('Connectors are not supported: use Kafka Connect beside this server', statement.at)
  }
}

export function explainQuery(query: PersistentQuery, parsed: ast.ParsedStatement): Entity {
  return entity('queryDescription', parsed, {
    queryDescription: {
      id: query.id,
      statementText: `${query.statement};`,
      windowType: query.sink?.window?.type ?? null,
      fields: query.sink === null ? [] : fieldsOf(query.sink.schema),
      sources: query.plan.sources,
      sinks: query.sink === null ? [] : [query.sink.name],
      topology: query.execution.topology.describe(),
      executionPlan: JSON.stringify(query.plan.root, null, 2),
      overriddenProperties: {},
      ksqlHostQueryStatus: {},
      queryType: 'PERSISTENT',
      queryErrors: [],
      tasksMetadata: [],
      state: query.state,
    },
  })
}

function sortedSources(engine: KsqlEngine): DataSource[] {
  return [...engine.catalog.sources.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function listedSource(source: DataSource) {
  return {
    type: source.kind,
    name: source.name,
    topic: source.topic,
    keyFormat: source.keyFormat.name,
    valueFormat: source.valueFormat.name,
    isWindowed: source.window !== null,
  }
}

function answeredQuery({ id, statement, kind, state }: TransientQuery) {
  return {
    queryString: `${statement};`,
    sinks: [],
    sinkKafkaTopics: [],
    id,
    statusCount: { [state]: 1 },
    queryType: kind,
    state,
  }
}

export function runningQuery({ state, id, sink, statement }: PersistentQuery) {
  return {
    queryString: `${statement};`,
    sinks: sink === null ? [] : [sink.name],
    sinkKafkaTopics: sink === null ? [] : [sink.topic],
    id,
    statusCount: { [state]: 1 },
    queryType: 'PERSISTENT',
    state,
  }
}

async function sourceDescription(source: DataSource, engine: KsqlEngine, extended: boolean) {
  const queries = (ids: readonly string[]) => ids.flatMap(id => engine.query(id) ?? []).map(runningQuery)
  const topic = extended
    ? (await engine.topics({ includeInternal: true })).find(({ name }) => name === source.topic)
    : undefined
  return {
    name: source.name,
    windowType: source.window?.type ?? null,
    readQueries: queries(engine.readersOf(source.name)),
    writeQueries: queries(engine.writersOf(source.name)),
    fields: fieldsOf(source.schema),
    type: source.kind,
    timestamp: source.timestamp?.column ?? '',
    statistics: '',
    errorStats: '',
    extended,
    keyFormat: source.keyFormat.name,
    valueFormat: source.valueFormat.name,
    topic: source.topic,
    partitions: topic?.partitionCount ?? 0,
    replication: topic === undefined ? 0 : 1,
    statement: source.sql,
    queryOffsetSummaries: [],
    sourceConstraints: [],
    clusterStatistics: [],
    clusterErrorStats: [],
  }
}

function fieldsOf(schema: DataSource['schema']) {
  const field = (column: Column, type?: string) => ({
    name: column.name,
    schema: schemaInfo(column.type),
    ...(type === undefined ? {} : { type }),
  })
  return [
    ...schema.key.map(column => field(column, 'KEY')),
    ...schema.value.map(column => field(column)),
    ...schema.headers.map(column => ({
      ...field(column, 'HEADER'),
      ...(column.header === null ? {} : { headerKey: column.header }),
    })),
  ]
}

interface SchemaInfo {
  readonly type: string
  readonly fields: readonly { readonly name: string; readonly schema: SchemaInfo }[] | null
  readonly memberSchema: SchemaInfo | null
  readonly parameters?: { readonly precision: number; readonly scale: number }
}
export function schemaInfo(type: SqlType): SchemaInfo {
  switch (type.kind) {
    case 'ARRAY':
      return { type: 'ARRAY', fields: null, memberSchema: schemaInfo(type.element) }
    case 'MAP':
      return { type: 'MAP', fields: null, memberSchema: schemaInfo(type.value) }
    case 'STRUCT':
      return {
        type: 'STRUCT',
        fields: type.fields.map(({ name, type: inner }) => ({ name, schema: schemaInfo(inner) })),
        memberSchema: null,
      }
    case 'DECIMAL':
      return {
        type: 'DECIMAL',
        parameters: { precision: type.precision, scale: type.scale },
        fields: null,
        memberSchema: null,
      }
    default:
      return { type: type.kind, fields: null, memberSchema: null }
  }
}

function functionDescription(statement: ast.Describe, engine: KsqlEngine): Record<string, unknown> {
  const name = statement.name as string
  const scalar = engine.functions.scalar(name)
  const found = scalar ?? engine.functions.aggregate(name) ?? engine.functions.table(name)
  if (found === undefined) throw new SqlAnalysisError(`Can't find any functions with the name '${name}'`, statement.at)
  const type = scalar !== undefined ? 'SCALAR' : engine.functions.aggregate(name) !== undefined ? 'AGGREGATE' : 'TABLE'
  return {
    name: found.name,
    description: found.description,
    author: 'Millrace',
    version: '',
    path: 'internal',
    functions: found.overloads.map(({ parameters, ...overload }) => ({
      arguments: parameters.map(parameter => ({
        name: parameter.name,
        type: parameterTypeText(parameter.type),
        description: '',
        isVariadic: parameter.variadic,
      })),
      returnType:
        'returns' in overload && typeof overload.returns === 'object' ? parameterTypeText(overload.returns) : '',
      description: parametersText(parameters),
    })),
    type,
  }
}
