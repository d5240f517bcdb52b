/** Push queries: a streams application for as long as somebody listens. Its topics, group and state go with it. */
import { Admin, Consumer } from '@millrace/client'
import { KafkaStreams } from '@millrace/streams'
import { planQuery } from '../analysis/plan-query.ts'
import type { AnalysisContext } from '../analysis/planned.ts'
import type * as ast from '../ast/nodes.ts'
import { buildAnswering, keyRow } from '../execution/build-topology.ts'
import type { ExecutionContext } from '../execution/execution-context.ts'
import { type QuerySettings, removeInternals } from './persistent-query.ts'
import type { RowSink } from './row-sink.ts'

export interface PushQueryOptions {
  readonly offsetReset: 'earliest' | 'latest'
  /** End where the topics end now: what a pull query on a stream means. */
  readonly untilEnd: boolean
  readonly signal: AbortSignal
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
  sink.header(
    queryId,
    columns.map(column => ({ ...column, isKey: false })),
  )
  const ended = new Ending()
  let left = query.limit ?? Number.POSITIVE_INFINITY
  const topology = buildAnswering(queryId, planned.step, execution, (key, row) => {
    if (left <= 0 || row === null) {
      if (row === null && left > 0 && planned.type === 'TABLE') sink.row(keyRow(key), true)
      return
    }
    sink.row(row, false)
    if (--left === 0) ended.resolve('Limit Reached')
  })
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
    await using admin = new Admin({ bootstrapServers, platform })
    await removeInternals(admin, applicationId)
    platform.files.removeTree(`${settings.stateDir}/${applicationId}`)
  }
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

async function recordsIn(topics: readonly string[], { bootstrapServers, platform }: QuerySettings): Promise<number> {
  await using consumer = new Consumer({ bootstrapServers, platform })
  let records = 0
  for (const topic of topics) {
    const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
    const [begin, end] = await Promise.all([consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)])
    for (const partition of partitions)
      records += (end.get(topic, partition.partition) ?? 0) - (begin.get(topic, partition.partition) ?? 0)
  }
  return records
}

async function awaitRecords(
  app: KafkaStreams,
  expected: number,
  { platform }: QuerySettings,
  signal: AbortSignal,
): Promise<void> {
  while (app.metrics()['process-total'] < expected && !signal.aborted) await platform.timers.sleep(END_CHECK_MS, signal)
}
