import { Admin, Producer } from '@millrace/client'
import { BrokerProcess } from '../cluster/broker-process.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const TOPIC = 'large'
const PARTITIONS = 8
const LOG_BYTES = 1 << 30
const RECORD_BYTES = 16_000
const RECORDS_PER_SEND = 500
const CLEAN_LIMIT_MS = 2_000
const KILLED_LIMIT_MS = 10_000

export const startTimes: Trial = {
  name: 'start-times',
  promise: 'With 1 GiB of log a broker is ready within 2 s of a clean stop and within 10 s of a kill',
  unit: 'starts of each kind',
  ciCount: 1,
  goalCount: 10,
  run,
}

async function run({ count, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  await using broker = await BrokerProcess.start({ settings: { 'log.flush.interval.messages': 10_000 } })
  await fill(broker.bootstrapServers)
  let slowestCleanMs = 0
  let slowestKilledMs = 0
  for (let start = 0; start < count; start++) {
    await broker.kill()
    const killedMs = await broker.restart()
    await broker.stop()
    const cleanMs = await broker.restart()
    slowestKilledMs = Math.max(slowestKilledMs, killedMs)
    slowestCleanMs = Math.max(slowestCleanMs, cleanMs)
    if (killedMs > KILLED_LIMIT_MS) problems.push(`ready ${Math.round(killedMs)} ms after a kill`)
    if (cleanMs > CLEAN_LIMIT_MS) problems.push(`ready ${Math.round(cleanMs)} ms after a clean stop`)
    progress(`${start + 1} of ${count} starts of each kind`)
  }
  return {
    problems,
    figures: {
      'slowest after a clean stop, ms': Math.round(slowestCleanMs),
      'slowest after a kill, ms': Math.round(slowestKilledMs),
    },
  }
}

async function fill(bootstrapServers: string): Promise<void> {
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: TOPIC, partitions: PARTITIONS }])
  await using producer = new Producer({ bootstrapServers, maxRequestSize: 10_000_000 })
  const value = Buffer.alloc(RECORD_BYTES, 'x')
  for (let bytes = 0; bytes < LOG_BYTES; bytes += RECORDS_PER_SEND * RECORD_BYTES) {
    const records = Array.from({ length: RECORDS_PER_SEND }, (_, index) => ({ partition: index % PARTITIONS, value }))
    await producer.sendBatch(TOPIC, records)
  }
}
