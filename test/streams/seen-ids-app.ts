/**
 * An application for tests that kill it: per key the ids of the records it has seen, which no record seen twice can
 * change. `node seen-ids-app.js BOOTSTRAP STATE_DIR` runs until it is stopped; its log lines go to standard output.
 */
import { Serdes } from '@millrace/client'
import { Consumed, KafkaStreams, Materialized, Produced, StreamsBuilder } from '@millrace/streams'

const [bootstrapServers = '', stateDir = ''] = process.argv.slice(2)
const builder = new StreamsBuilder()
const ids = Serdes.json<number[]>()
builder
  .stream('events', Consumed.with(Serdes.string(), Serdes.json<number>()))
  .groupByKey()
  .aggregate(
    (): number[] => [],
    (_, id, seen) => (seen.includes(id) ? seen : [...seen, id]),
    Materialized.as<string, number[]>('seen').withValueSerde(ids),
  )
  .toStream()
  .to('seen-ids', Produced.with(Serdes.string(), ids))

const print = (line: string) => process.stdout.write(`${line}\n`)
const app = new KafkaStreams(builder.build(), {
  applicationId: 'seen',
  bootstrapServers,
  stateDir,
  commitIntervalMs: 100,
  statePersistIntervalMs: 50,
  producer: { lingerMs: 5 },
  consumer: { groupInstanceId: 'one' },
  logger: { info: print, warn: print, error: print },
})
await app.start()
