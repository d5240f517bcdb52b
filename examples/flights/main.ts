/**
 * Three users of one process, on real data: a schema is registered, a topology counts flights by week, SQL asks about the
 * result. The second run finds everything where the first one left it: it consumes nothing and answers from its state.
 *
 *   node examples/dist/flights/main.js [--data-dir DIR] [--expect-from-state]
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Admin, Producer } from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { KafkaStreams, QueryableStoreTypes } from '@millrace/streams'
import { AllInOne } from 'millrace'
import { readFlights } from './flights.ts'
import { answerTable, type Cell, report } from './report.ts'
import { type FlightSerdes, registerSchemas } from './schemas.ts'
import { ask, createTables, QUESTION } from './sql.ts'
import { FLIGHTS, PUNCTUALITY_BY_WEEK } from './topics.ts'
import { buildTopology, PUNCTUALITY, type Punctuality } from './topology.ts'

const PARTITIONS = 3
/** The state is complete long before; this ends a run in which something is wrong. */
const PATIENCE_MS = 60_000
const PROGRESS_EVERY_MS = 200

const { values: options } = parseArgs({
  options: {
    'data-dir': { type: 'string', default: '.millrace/flights' },
    'expect-from-state': { type: 'boolean', default: false },
  },
})
const dataDirectory = options['data-dir']
const platform = realPlatform()
const { clock, timers } = platform

const startedMs = clock.monotonicMs()
const elapsed = (): string => `${((clock.monotonicMs() - startedMs) / 1000).toFixed(1).padStart(5)} s`
const say = (text: string): void => console.log(`${elapsed()}  ${text}`)

mkdirSync(dataDirectory, { recursive: true })
const server = await AllInOne.start({
  platform,
  dataDirectory,
  host: '127.0.0.1',
  brokerPort: 0,
  registryPort: 0,
  sqlPort: 0,
  serviceId: 'flights_',
  onWarning: message => console.error(message),
})
const { bootstrapServers, registryUrl, sqlUrl } = server.addresses
say(`broker ${bootstrapServers}, registry ${registryUrl}, SQL ${sqlUrl}; data in ${dataDirectory}`)

try {
  const serdes = await registerSchemas(registryUrl, say)
  const total = await feed(serdes)
  const consumed = await answer(total, serdes)
  await askSql(total)
  if (options['expect-from-state']) {
    assert.equal(consumed, 0, 'the second run must answer from its state')
    say('asserted: 0 input records consumed, the answer came from the state of the run before')
  }
} finally {
  await server[Symbol.asyncDispose]()
}
say('stopped')

/** Writes the flights unless an earlier run did; returns how many there are. */
async function feed(serdes: FlightSerdes): Promise<number> {
  await using admin = new Admin({ bootstrapServers })
  const flights = readFlights()
  const topics = new Set((await admin.listTopics()).map(({ name }) => name))
  if (!topics.has(FLIGHTS)) {
    await admin.createTopics([FLIGHTS, PUNCTUALITY_BY_WEEK].map(name => ({ name, partitions: PARTITIONS })))
    await using producer = new Producer({ bootstrapServers, compressionType: 'zstd' })
    const sent = flights.map(flight =>
      producer.send({
        topic: FLIGHTS,
        key: `${flight.origin}-${flight.destination}`,
        value: serdes.flight.serialize(FLIGHTS, flight),
        timestampMs: flight.departedMs,
      }),
    )
    await producer.flush()
    await Promise.all(sent)
    say(`fed ${flights.length} flights into ${PARTITIONS} partitions, all of them durable`)
  } else say(`${flights.length} flights are there from an earlier run`)
  return flights.length
}

/** Runs the topology until all flights are counted, prints and stores the result; returns how many records it consumed. */
async function answer(total: number, serdes: FlightSerdes): Promise<number> {
  await using app = new KafkaStreams(buildTopology(serdes), {
    applicationId: 'flights',
    bootstrapServers,
    stateDir: `${dataDirectory}/state`,
    commitIntervalMs: PROGRESS_EVERY_MS,
    uncaughtExceptionHandler: error => console.error(error),
  })
  await app.start()
  say('topology running')
  const store = app.store(PUNCTUALITY, QueryableStoreTypes.windowStore<string, Punctuality>())
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS
  for (;;) {
    const cells: Cell[] = []
    for await (const [window, punctuality] of store.all())
      cells.push({ airport: window.key, weekStartMs: window.startMs, ...punctuality })
    const counted = cells.reduce((sum, cell) => sum + cell.flights, 0)
    const consumed = app.metrics()['records-consumed-total']
    say(`${progressBar(counted / total)} ${counted} of ${total} flights counted, ${consumed} records consumed`)
    if (counted === total) {
      console.log(`\n${report(cells)}\n`)
      writeFileSync(`${dataDirectory}/result.json`, JSON.stringify(cells))
      return consumed
    }
    assert.ok(counted < total, `counted ${counted} of ${total} flights`)
    assert.ok(clock.monotonicMs() < deadlineMs, 'the topology did not get to the end of its input')
    await timers.sleep(PROGRESS_EVERY_MS)
  }
}

/** Asks until SQL has seen what the topology wrote. */
async function askSql(total: number): Promise<void> {
  await createTables(sqlUrl, say)
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS
  for (;;) {
    const counted = (await ask(sqlUrl, 'SELECT flights FROM airports;')).rows.reduce(
      (sum, [flights]) => sum + Number(flights),
      0,
    )
    if (counted === total) break
    assert.ok(clock.monotonicMs() < deadlineMs, `SQL has seen ${counted} of ${total} flights`)
    await timers.sleep(PROGRESS_EVERY_MS)
  }
  const result = await ask(sqlUrl, QUESTION)
  say(`SQL: ${QUESTION}\n\n${answerTable(result.columns, result.rows)}\n`)
  writeFileSync(`${dataDirectory}/sql-result.json`, JSON.stringify(result.rows))
}

function progressBar(part: number): string {
  const width = 20
  const full = Math.floor(part * width)
  return `[${'■'.repeat(full)}${'·'.repeat(width - full)}]`
}
