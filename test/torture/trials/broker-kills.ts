import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, type TopicPartition } from '@millrace/client'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { eventually } from '../cluster/eventually.ts'
import { readLog } from '../cluster/read-log.ts'
import { anomaliesIn } from '../history/checks.ts'
import { HistoryRecorder } from '../history/history.ts'
import { judgeCopy } from '../history/judge-copy.ts'
import { NeverBack } from '../history/never-back.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import { Observer } from '../workload/observer.ts'
import { GroupReader, RecordingReader } from '../workload/recording-reader.ts'
import { SteadyProducer } from '../workload/steady-producer.ts'
import { TransactionalCopier } from '../workload/transactional-copier.ts'

const TOPIC = 'torture'
const COPY = 'copy'
const GROUP = 'readers'
const COPIERS = 'copiers'
const RECORDS_PER_TRANSACTION = 200
const PARTITIONS = 8
const PRODUCERS = 4
const MEMBERS = 2
/** A life of the broker, from the start of its process: the shortest ones end while it recovers. */
const SHORTEST_LIFE_MS = 50
const LONGEST_LIFE_MS = 1_500
/** Small segments, so that kills meet rolls too. */
const SEGMENT_BYTES = 4 << 20
const CATCH_UP_LIMIT_MS = 60_000

export const brokerKills: Trial = {
  name: 'broker-kills',
  promise:
    'A broker that is killed again and again under idempotent producers with acks=all and a transactional copier loses, repeats and reorders nothing; ends and committed offsets never go back',
  unit: 'kills',
  ciCount: 50,
  goalCount: 200,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  await using broker = await BrokerProcess.start()
  const { bootstrapServers } = broker
  await using admin = new Admin({ bootstrapServers })
  const configs = { 'segment.bytes': String(SEGMENT_BYTES) }
  await admin.createTopics([TOPIC, COPY].map(name => ({ name, partitions: PARTITIONS, configs })))
  const partitions = Array.from({ length: PARTITIONS }, (_, partition): TopicPartition => ({ topic: TOPIC, partition }))
  const recorder = new HistoryRecorder()
  const neverBack = new NeverBack()
  const producers = Array.from({ length: PRODUCERS }, (_, index) => {
    const name = `p${index}`
    const options = { name, topic: TOPIC, partitionCount: PARTITIONS, bootstrapServers, recorder }
    return new SteadyProducer({ ...options, random: random.split(name) })
  })
  const reader = new RecordingReader({ name: 'reader', bootstrapServers, recorder })
  reader.readAll(partitions)
  const members = Array.from({ length: MEMBERS }, (_, index) => {
    const options = { bootstrapServers, recorder, topic: TOPIC, groupId: GROUP, committed: neverBack }
    return new GroupReader({ name: `member${index}`, ...options })
  })
  const copier = new TransactionalCopier({
    bootstrapServers,
    from: TOPIC,
    to: COPY,
    groupId: COPIERS,
    transactionalId: 'copier',
    recordsPerTransaction: RECORDS_PER_TRANSACTION,
  })
  const observer = new Observer({ bootstrapServers, partitions, groupId: GROUP, ends: neverBack })

  let slowestStartMs = 0
  for (let kill = 0; kill < count; kill++) {
    await sleep(random.between(SHORTEST_LIFE_MS, LONGEST_LIFE_MS))
    await broker.kill()
    broker.spawn()
    if (random.chance(0.1)) continue
    const startMs = performance.now()
    await broker.ready()
    slowestStartMs = Math.max(slowestStartMs, performance.now() - startMs)
    progress(`${kill + 1} of ${count} kills, ${recorder.writes.size} records`)
  }
  await broker.ready()

  await Promise.all(producers.map(producer => producer.stop()))
  const log = await readLog(broker.port, TOPIC, PARTITIONS)
  recorder.log = log
  await eventually(CATCH_UP_LIMIT_MS, async () => {
    const committed = await Promise.all([GROUP, COPIERS].map(group => admin.listConsumerGroupOffsets(group)))
    return log.every(
      ({ endOffset, partition }, index) =>
        endOffset === 0 ||
        (reader.positions.get(partition) === endOffset &&
          committed.every(offsets => offsets.get(TOPIC, index)?.offset === endOffset)),
    )
  })
  await Promise.all([observer, reader, copier, ...members].map(one => one.stop()))
  const anomalies = anomaliesIn(recorder).map(({ kind, detail }) => `${kind}: ${detail}`)
  const copy = judgeCopy(log, await readLog(broker.port, COPY, PARTITIONS))
  const told = [reader, ...producers, ...members].flatMap(({ problems }) => problems)
  const acknowledged = [...recorder.writes.values()].filter(({ outcome }) => outcome === 'acknowledged')
  return {
    problems: [...anomalies, ...copy, ...told, ...neverBack.problems],
    figures: {
      'acknowledged records': acknowledged.length,
      'records in the log': log.reduce((sum, { records }) => sum + records.length, 0),
      'committed transactions': copier.committedTransactions,
      'slowest start after a kill, ms': Math.round(slowestStartMs),
    },
  }
}
