import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Admin, Producer } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { eventually } from '../cluster/eventually.ts'
import { readLog } from '../cluster/read-log.ts'
import { judgeCopy } from '../history/judge-copy.ts'
import { sizedValue } from '../history/sized-value.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import type { CopierOptions } from '../workload/transactional-copier.ts'

const COPIER = fileURLToPath(import.meta.resolve('../workload/copier-main.js'))
const INPUT = 'input'
const OUTPUT = 'output'
const GROUP = 'copiers'
const PARTITIONS = 2
const RECORDS = 100_000
const RECORD_BYTES = 100
const RECORDS_PER_TRANSACTION = 750
const BOUNCES = 20
/** Makes the copy last as long as the bounces. */
const PAUSE_MS = 120
const COPY_LIMIT_MS = 180_000

export const eosCopy: Trial = {
  name: 'eos-copy',
  promise:
    '100,000 records, copied in transactions of 750 while broker and copier are stopped and killed 20 times, are there exactly once; the committed offsets are the last of the input',
  unit: 'runs',
  ciCount: 1,
  goalCount: 5,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  let bounces = 0
  for (let index = 0; index < count; index++) {
    const outcome = await copyOnce(random.split(`run ${index}`), text =>
      progress(`run ${index + 1} of ${count}: ${text}`),
    )
    problems.push(...outcome.problems.map(problem => `run ${index + 1}: ${problem}`))
    bounces += outcome.bounces
  }
  return { problems, figures: { 'records copied': RECORDS * count, bounces } }
}

async function copyOnce(random: SeededRandom, progress: (text: string) => void) {
  await using broker = await BrokerProcess.start()
  const { bootstrapServers } = broker
  await using admin = new Admin({ bootstrapServers, requestTimeoutMs: 5_000 })
  await admin.createTopics([INPUT, OUTPUT].map(name => ({ name, partitions: PARTITIONS })))
  await fill(bootstrapServers)
  await using copier = new CopierProcess({
    bootstrapServers,
    from: INPUT,
    to: OUTPUT,
    groupId: GROUP,
    transactionalId: 'copier',
    recordsPerTransaction: RECORDS_PER_TRANSACTION,
    pauseMs: PAUSE_MS,
  })
  copier.start()
  let bounces = 0
  for (; bounces < BOUNCES; bounces++) {
    await sleep(random.between(200, 1_500))
    await bounce(broker, copier, random)
    progress(`${bounces + 1} bounces`)
  }
  const isDone = async () => {
    const committed = await admin.listConsumerGroupOffsets(GROUP)
    const offsets = Array.from({ length: PARTITIONS }, (_, partition) => committed.get(INPUT, partition)?.offset ?? 0)
    return offsets.reduce((sum, offset) => sum + offset, 0) === RECORDS
  }
  await eventually(COPY_LIMIT_MS, isDone)
  await copier.stop()
  const problems = judgeCopy(
    await readLog(broker.port, INPUT, PARTITIONS),
    await readLog(broker.port, OUTPUT, PARTITIONS),
  )
  return { problems, bounces }
}

async function bounce(broker: BrokerProcess, copier: CopierProcess, random: SeededRandom): Promise<void> {
  const isClean = random.chance(0.5)
  if (random.chance(0.5)) {
    await (isClean ? copier.stop() : copier.kill())
    copier.start()
  } else {
    await (isClean ? broker.stop() : broker.kill())
    await broker.restart()
  }
}

async function fill(bootstrapServers: string): Promise<void> {
  await using producer = new Producer({ bootstrapServers })
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = Array.from({ length: RECORDS / PARTITIONS }, (_, index) => {
      return { partition, value: sizedValue(`${partition}/${index}`, RECORD_BYTES) }
    })
    await producer.sendBatch(INPUT, records)
  }
}

class CopierProcess {
  private child: ChildProcess | undefined
  private readonly killChild = () => this.child?.kill('SIGKILL')

  constructor(private readonly options: CopierOptions) {
    process.once('exit', this.killChild)
  }

  start(): void {
    this.child = spawn(process.execPath, [COPIER, JSON.stringify(this.options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  stop(): Promise<void> {
    return this.end('SIGTERM')
  }
  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    process.off('exit', this.killChild)
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
