import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Admin } from '@millrace/client'
import { APIS, type Api } from '@millrace/protocol'
import { BrokerProcess } from '../cluster/broker-process.ts'
import { mutated } from '../fuzz/mutate.ts'
import type { Vocabulary } from '../fuzz/random-message.ts'
import { sampleBatch } from '../fuzz/sample-batches.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'
import { requestFrame } from './wire-fuzz.ts'

const TOPIC = 'fuzzed'
const PARTITIONS = 3
const VOCABULARY: Vocabulary = {
  names: [TOPIC, 'group', 'transaction', 'member', 'range', 'consumer', '127.0.0.1', 'cleanup.policy', 'compact'],
  records: sampleBatch,
}
/** What would stop or fill the machine rather than the decoder, had no request limit: left to tests of their own. */
const LEFT_OUT: readonly string[] = []
const CONNECTIONS = 8
/** Frames that one connection carries, if none of them closes it. */
const FRAMES_PER_CONNECTION = 20
const CHECK_EVERY_FRAMES = 1_000
const LONGEST_SILENCE_MS = 1_000

export const socketFuzz: Trial = {
  name: 'socket-fuzz',
  promise:
    'A broker that is sent valid and broken requests of every API and version neither ends nor hangs nor finds a bug in itself; others are served all the time',
  unit: 'frames',
  ciCount: 5_000,
  goalCount: 100_000,
  run,
}

async function run({ count, random, progress }: TrialOptions): Promise<Outcome> {
  await using broker = await BrokerProcess.start({ nodeOptions: ['--max-old-space-size=512'] })
  await using admin = new Admin({ bootstrapServers: broker.bootstrapServers })
  const topic = { name: TOPIC, partitions: PARTITIONS }
  await admin.createTopics([topic])
  const apis: readonly Api[] = Object.values<Api>(APIS).filter(({ name }) => !LEFT_OUT.includes(name))
  const problems: string[] = []
  const sockets: (FuzzSocket | undefined)[] = new Array(CONNECTIONS).fill(undefined)
  let slowestAnswerMs = 0
  for (let done = 0; done < count && broker.isRunning; done++) {
    const lane = done % CONNECTIONS
    const socket = (sockets[lane] = sockets[lane]?.isUsable ? sockets[lane] : await FuzzSocket.open(broker.port))
    const frame = requestFrame(apis[done % apis.length]!, random, VOCABULARY)
    socket.send(random.chance(0.5) ? frame : mutated(frame, random), random.chance(0.05))
    if (done % CHECK_EVERY_FRAMES !== CHECK_EVERY_FRAMES - 1) continue
    const startMs = performance.now()
    await admin.describeCluster({ timeoutMs: 30_000 })
    const tookMs = performance.now() - startMs
    slowestAnswerMs = Math.max(slowestAnswerMs, tookMs)
    if (tookMs > LONGEST_SILENCE_MS)
      problems.push(`around frame ${done} the broker is silent for ${Math.round(tookMs)} ms`)
    progress(`${done + 1} of ${count} frames, ${problems.length} problems`)
  }
  for (const socket of sockets) socket?.close()
  if (!broker.isRunning) problems.push(`the broker ended: ${broker.errors}`)
  else await broker.stop()
  if (broker.errors !== '') problems.push(broker.errors)
  return { problems, figures: { 'slowest answer to others, ms': Math.ceil(slowestAnswerMs) } }
}

class FuzzSocket {
  private framesLeft = FRAMES_PER_CONNECTION
  private isClosed = false

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => {})
    socket.on('close', () => (this.isClosed = true))
    socket.resume()
  }

  static async open(port: number): Promise<FuzzSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new FuzzSocket(socket)
  }

  get isUsable(): boolean {
    return this.framesLeft > 0 && !this.isClosed
  }

  /** @param isCut whether the size announces more than there is */
  send(frame: Buffer, isCut: boolean): void {
    this.framesLeft--
    const size = Buffer.alloc(4)
    size.writeInt32BE(frame.length + (isCut ? 10 : 0))
    this.socket.write(Buffer.concat([size, frame]))
    if (isCut || this.framesLeft === 0) this.close()
  }

  close(): void {
    this.isClosed = true
    this.socket.end()
    this.socket.destroySoon()
  }
}
