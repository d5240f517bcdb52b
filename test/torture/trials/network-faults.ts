import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin, Producer } from '@millrace/client'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { freePort } from '../cluster/free-port.ts'
import { readLog } from '../cluster/read-log.ts'
import { residentBytes } from '../cluster/resident-memory.ts'
import { sizedValue } from '../history/sized-value.ts'
import { TOXICS, type Toxic, ToxicProxy } from '../network/toxic-proxy.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import { CALL_LIMIT_MS, PHASES, type PhaseName } from '../workload/network-phases.ts'

const TOPIC = 'network'
/** Side by side, each with a proxy, a broker's address and a partition of its own. */
const LANES = 6
const CASES = TOXICS.flatMap(toxic => (Object.keys(PHASES) as PhaseName[]).map(phase => ({ toxic, phase })))
const TROUBLE_MS = 700
/** Some trouble lasts longer than a call may. */
const LONG_TROUBLE_MS = CALL_LIMIT_MS + 1_000
const LONG_TROUBLE_SHARE = 0.2
/** A call that has not settled by then hangs: the limit, and what a busy machine and a close may take on top. */
const HANG_MS = CALL_LIMIT_MS + 3_000
const RECOVERY_LIMIT_MS = 5_000
const HALF_OPEN_SOCKETS = 1_000
const MOST_GROWTH_BYTES = 100 * 1024 * 1024

export const networkFaults: Trial = {
  name: 'network-faults',
  promise:
    'Twelve kinds of bad network in six phases of a client: calls end within their time limit, nothing acknowledged is lost, all works again within 5 s; 1,000 half-open connections cost the broker at most 100 MiB',
  unit: 'runs',
  ciCount: 72,
  goalCount: 1_440,
  run,
}

interface Findings {
  readonly problems: string[]
  readonly acknowledged: string[]
  slowestRecoveryMs: number
  calls: number
  failedCalls: number
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  const found: Findings = { problems: [], acknowledged: [], slowestRecoveryMs: 0, calls: 0, failedCalls: 0 }
  let next = 0
  let inLog = 0
  let growthBytes = 0
  const lane = async (index: number) => {
    const port = await freePort()
    await using proxy = await ToxicProxy.listen(port, random.split(`lane ${index}`))
    // The broker tells its clients the proxy's address, so each lane has one of its own.
    await using broker = await BrokerProcess.start({
      port,
      advertisedPort: proxy.port,
      settings: {
        'group.initial.rebalance.delay.ms': 0,
        'offsets.topic.num.partitions': 1,
        'transaction.state.log.num.partitions': 1,
      },
    })
    const bootstrapServers = `127.0.0.1:${proxy.port}`
    await prepare(bootstrapServers)
    const acknowledged: string[] = []
    for (let number = next++; number < count; number = next++) {
      const { toxic, phase } = CASES[number % CASES.length]!
      const troubleMs = random.split(`run ${number}`).chance(LONG_TROUBLE_SHARE) ? LONG_TROUBLE_MS : TROUBLE_MS
      await suffer({ name: `run-${number}`, toxic, phase, troubleMs, proxy, bootstrapServers, acknowledged, found })
      progress(`${number + 1} of ${count} runs, ${found.problems.length} problems`)
    }
    const [log] = await readLog(port, TOPIC, 1)
    const names = new Set(log!.records.filter(({ verdict }) => verdict !== 'aborted').map(({ name }) => name))
    for (const name of acknowledged) if (!names.has(name)) found.problems.push(`lost write: ${name}`)
    inLog += names.size
    if (index === 0) growthBytes = await growthByHalfOpenSockets(broker)
    if (broker.errors !== '') found.problems.push(broker.errors)
  }
  await Promise.all(Array.from({ length: Math.min(LANES, count) }, (_, index) => lane(index)))
  if (growthBytes > MOST_GROWTH_BYTES)
    found.problems.push(`${HALF_OPEN_SOCKETS} half-open sockets cost ${growthBytes} B`)
  return {
    problems: found.problems,
    figures: {
      calls: found.calls,
      'failed calls': found.failedCalls,
      'slowest recovery, ms': Math.round(found.slowestRecoveryMs),
      'records in the logs': inLog,
      'growth with half-open sockets, MiB': Math.round(growthBytes / 2 ** 20),
    },
  }
}

interface RunOptions {
  readonly name: string
  readonly toxic: Toxic
  readonly phase: PhaseName
  readonly troubleMs: number
  readonly proxy: ToxicProxy
  readonly bootstrapServers: string
  readonly acknowledged: string[]
  readonly found: Findings
}

/** One phase under one toxic: it works, the network turns bad, it turns good, it has to work again. */
async function suffer({
  name,
  toxic,
  phase,
  troubleMs,
  proxy,
  bootstrapServers,
  acknowledged,
  found,
}: RunOptions): Promise<void> {
  const worker = PHASES[phase]({ name, topic: TOPIC, partition: 0, bootstrapServers, acknowledged })
  const problem = (text: string) => found.problems.push(`${name}, ${toxic} while ${phase}: ${text}`)
  const attempt = async (): Promise<unknown> => {
    found.calls++
    const hung = sleep(HANG_MS, 'hung', { ref: false })
    const outcome = await Promise.race([
      worker.call().then(
        () => undefined,
        error => error ?? 'failed',
      ),
      hung,
    ])
    if (outcome === 'hung') problem(`a call has not ended after ${HANG_MS} ms`)
    if (outcome !== undefined) found.failedCalls++
    return outcome
  }
  if (phase !== 'connecting') {
    const first = await attempt()
    if (first !== undefined) problem(`failed on a good network: ${first}`)
  }
  proxy.toxic = toxic
  const troubleEndsMs = performance.now() + troubleMs
  const calls: Promise<unknown>[] = []
  do calls.push(attempt())
  while (isConcurrent(phase) && (await sleep(TROUBLE_MS / 2, performance.now() + TROUBLE_MS / 2 < troubleEndsMs)))
  await sleep(Math.max(0, troubleEndsMs - performance.now()))
  proxy.toxic = null
  const startMs = performance.now()
  await Promise.all(calls)
  while ((await attempt()) !== undefined && performance.now() - startMs < 2 * RECOVERY_LIMIT_MS) await sleep(50)
  const tookMs = performance.now() - startMs
  found.slowestRecoveryMs = Math.max(found.slowestRecoveryMs, tookMs)
  if (tookMs > RECOVERY_LIMIT_MS) problem(`works again only after ${Math.round(tookMs)} ms`)
  await worker.close()
}

/** Polls and transactions are one at a time. */
function isConcurrent(phase: PhaseName): boolean {
  return phase !== 'consuming' && phase !== 'transacting'
}

async function prepare(bootstrapServers: string): Promise<void> {
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: TOPIC, partitions: 1 }])
  await using producer = new Producer({ bootstrapServers })
  await producer.send({ topic: TOPIC, partition: 0, value: sizedValue('first', 100) })
}

/** Connections that have sent half a frame and then nothing more. */
async function growthByHalfOpenSockets({ port, processId }: BrokerProcess): Promise<number> {
  const beforeBytes = residentBytes(processId)
  const half = Buffer.alloc(20_000)
  half.writeInt32BE(2 * half.length)
  const sockets: Socket[] = []
  for (let opened = 0; opened < HALF_OPEN_SOCKETS; opened++) {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(half)
    sockets.push(socket)
  }
  await sleep(500)
  const grownBytes = residentBytes(processId) - beforeBytes
  for (const socket of sockets) socket.destroy()
  return grownBytes
}
