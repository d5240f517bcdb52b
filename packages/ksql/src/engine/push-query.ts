/** Push queries: a streams application for as long as somebody listens. Its topics, group and state go with it. */
import { Consumer, type TopicPartition } from '@millrace/client'
import { KafkaStreams, Windowed } from '@millrace/streams'
import { type PlannedQuery, planQuery } from '../analysis/plan-query.ts'
import type { AnalysisContext } from '../analysis/planned.ts'
import type * as ast from '../ast/nodes.ts'
import { printName } from '../ast/print.ts'
import { WINDOWEND, WINDOWSTART } from '../catalog/schema.ts'
import { buildAnswering, type Key, keyRow } from '../execution/build-topology.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import type { Row, SqlValue } from '../types/sql-value.ts'
import { type QuerySettings, removeApplication } from './persistent-query.ts'
import type { RowSink } from './row-sink.ts'

export interface PushQueryOptions {
  readonly offsetReset: 'earliest' | 'latest'
  /** End where the topics end now: what a pull query on a stream means. */
  readonly untilEnd: boolean
  readonly signal: AbortSignal
  /** Rows without a key are left out, as ksqlDB's scalable push queries do. */
  readonly needsKey: boolean
  /** Told when rows will not be missed any more. */
  readonly onRunning?: () => void
}

const END_CHECK_MS = 50

/** Resolves when the query ended: by its limit, at the end of its topics, or because the signal said so. */
export async function answerChanges(
  query: ast.Query,
  queryId: string,
  analysis: AnalysisContext,
  execution: ExecutionContext,
  settings: QuerySettings,
  options: PushQueryOptions,
  sink: RowSink,
): Promise<void> {
  const planned = planQuery(query, analysis, null)
  const { platform, bootstrapServers, serviceId } = settings
  const applicationId = `_confluent-ksql-${serviceId}transient_${queryId}`
  const columns = planned.schema.value
  const removedRow = tombstones(planned)
  const ended = new Ending()
  let left = query.limit ?? Number.POSITIVE_INFINITY
  const topology = buildAnswering(queryId, planned.step, execution, (key, row) => {
    // A stream's record without a value says nothing.
    if (left <= 0 || (row === null && planned.type === 'STREAM') || (key === null && options.needsKey)) return
    if (row === null) sink.row(removedRow(key), true)
    else sink.row(row, false)
    if (--left === 0) ended.resolve('Limit Reached')
  })
  sink.header(
    queryId,
    columns.map(column => ({ ...column, isKey: false })),
  )
  const app = new KafkaStreams(topology, {
    applicationId,
    bootstrapServers,
    platform,
    stateDir: settings.stateDir,
    commitIntervalMs: settings.commitIntervalMs,
    consumer: { autoOffsetReset: options.offsetReset },
    deserializationExceptionHandler: () => 'continue',
    uncaughtExceptionHandler: error => ended.reject(error),
  })
  options.signal.addEventListener('abort', () => ended.resolve(null), { once: true })
  try {
    if (left === 0) ended.resolve('Limit Reached')
    else {
      const expected = options.untilEnd
        ? await recordsIn(
            planned.sources.map(name => analysis.catalog.existing(name).topic),
            settings,
            options.signal,
          )
        : 0
      await app.start()
      options.onRunning?.()
      if (options.untilEnd)
        awaitRecords(app, expected, settings, options.signal).then(() => ended.resolve('Query Completed'), ended.reject)
    }
    sink.end(await ended.message)
  } finally {
    await app.close()
    await removeApplication(applicationId, settings)
  }
}

/** Of a removed row only the columns are known that repeat its key or the bounds of its window. */
function tombstones({ step, schema }: PlannedQuery): (key: Key) => Row {
  const expressions = step.kind === 'select' ? step.columns.map(({ expression }) => expression) : []
  const keyNames = step.schema.key.map(({ name }) => printName(name))
  const columns = schema.value.map((_, index) => {
    const expression = expressions[index] ?? ''
    const place = keyNames.indexOf(expression)
    return (key: Key): SqlValue => {
      if (key instanceof Windowed && expression === WINDOWSTART) return key.startMs
      if (key instanceof Windowed && expression === WINDOWEND) return key.endMs
      return keyRow(key)[place] ?? null
    }
  })
  return key => columns.map(column => column(key))
}

/** How a query ended: with a message for the client, or an error. Only the first counts. */
class Ending {
  readonly message: Promise<string | null>
  resolve!: (message: string | null) => void
  reject!: (error: unknown) => void
  constructor() {
    this.message = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.message.catch(() => undefined) // it may fail before anybody waits
  }
}

/** Counted, not computed: offsets also belong to records that compaction removed and to marks of transactions. */
async function recordsIn(
  topics: readonly string[],
  { bootstrapServers, platform }: QuerySettings,
  signal: AbortSignal,
): Promise<number> {
  await using consumer = new Consumer({ bootstrapServers, platform, autoOffsetReset: 'earliest' })
  const partitions: TopicPartition[] = []
  for (const topic of topics)
    partitions.push(...(await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition })))
  await consumer.assign(partitions)
  const ends = await consumer.endOffsets(partitions)
  const unread = new Set(partitions.filter(({ topic, partition }) => (ends.get(topic, partition) ?? 0) > 0))
  let records = 0
  while (unread.size > 0 && !signal.aborted) {
    for (const batch of await consumer.poll({ maxWaitMs: END_CHECK_MS, signal })) records += batch.records.length
    for (const at of unread)
      if ((await consumer.position(at)) >= (ends.get(at.topic, at.partition) ?? 0)) unread.delete(at)
  }
  return records
}

async function awaitRecords(
  app: KafkaStreams,
  expected: number,
  { platform }: QuerySettings,
  signal: AbortSignal,
): Promise<void> {
  // Records that are no rows, or have no time, are dropped before they are processed.
  const taken = (): number => app.metrics()['process-total'] + app.metrics()['dropped-records-total']
  while (taken() < expected && !signal.aborted) await platform.timers.sleep(END_CHECK_MS, signal)
}
