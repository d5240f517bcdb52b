/**
 * Question: how fast does the broker take batches through loopback TCP, and what does it cost to have one running?
 * Fixed: batches of 16 KB, one per request, one partition, one connection, up to 64 requests in flight; the client is the
 * bench itself, the broker a process of its own (in small runs it shares ours).
 * Cases: acknowledged from the page cache as in Kafka (`log.flush.interval.messages` raised), and durable as by default; then
 * durable requests, one at a time, that write a small batch to each of several partitions.
 */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCodecs } from '@millrace/platform'
import { APIS, decodeResponse, encodeRequestFrame, type Message, RecordBatchBuilder } from '@millrace/protocol'
import { startBrokerHere, startBrokerProcess } from './broker-process.ts'
import { type Benchmark, type BenchmarkContext, median } from './harness.ts'
import { residentMegabytes } from './process-usage.ts'

const TOPIC = 'bench'
const BATCH_BYTES = 16 * 1024
const MAX_IN_FLIGHT = 64
const PRODUCE_VERSION = 9
/** Files that one request leaves unsynced. */
const PARTITION_COUNTS = [1, 16, 64, 200]
/** As long as a process needs to free what it used for its start. */
const SETTLE_MS = 2_000

export const benchmark: Benchmark = {
  name: 'produce',
  async run(context) {
    const isFull = context.scaled(1, 0) === 1
    const start = isFull ? startBrokerProcess : startBrokerHere
    for (const { name, settings, requests } of [
      {
        name: 'page cache',
        settings: ['log.flush.interval.messages=1000000000'],
        requests: context.scaled(40_000, 20),
      },
      { name: 'durable', settings: [], requests: context.scaled(10_000, 20) },
    ]) {
      const broker = await start(settings)
      try {
        await measureProduce(context, broker.port, name, requests)
        if (settings.length === 0) await measureManyPartitions(context, broker.port)
      } finally {
        await broker.stop()
      }
    }
    if (isFull) await measureProcess(context)
  },
}

async function measureProduce(context: BenchmarkContext, port: number, name: string, requests: number): Promise<void> {
  const client = await Client.connect(port)
  await client.ask(APIS.Metadata, { topics: [{ name: TOPIC }] }, 9)
  const frame = produceFrame()
  await client.pipeline(frame, Math.min(requests, 500))
  const startMs = performance.now()
  await client.pipeline(frame, requests)
  const seconds = (performance.now() - startMs) / 1000
  context.report({
    case: `append 16 KB batches, ${name}`,
    value: (requests * BATCH_BYTES) / 1e6 / seconds,
    unit: 'MB/s',
  })
  client.close()
}

async function measureManyPartitions(context: BenchmarkContext, port: number): Promise<void> {
  const client = await Client.connect(port)
  for (const count of PARTITION_COUNTS.slice(0, context.scaled(4, 2))) {
    const name = `${TOPIC}-${count}`
    const rows = [{ name, numPartitions: count, replicationFactor: 1, assignments: [], configs: [] }]
    await client.ask(APIS.CreateTopics, { topics: rows }, 7)
    const times: number[] = []
    for (let request = 0; request < context.scaled(200, 3); request++) {
      const records = batchOf(1_000)
      const partitionData = Array.from({ length: count }, (_, index) => ({ index, records: Buffer.from(records) }))
      const startMs = performance.now()
      const answer = await client.ask(
        APIS.Produce,
        { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData: [{ name, partitionData }] },
        PRODUCE_VERSION,
      )
      times.push(performance.now() - startMs)
      for (const { errorCode } of answer.responses[0]!.partitionResponses) assert.equal(errorCode, 0)
    }
    context.report({ case: `durable request to ${count} partitions`, value: median(times), unit: 'ms' })
  }
  client.close()
}

/** Start and idle memory of the command on an empty directory. */
async function measureProcess(context: BenchmarkContext): Promise<void> {
  const startsMs: number[] = []
  let residentMb = 0
  for (let round = 0; round < 5; round++) {
    const broker = await startBrokerProcess()
    startsMs.push(broker.startedMs)
    if (round === 0) {
      await sleep(SETTLE_MS)
      residentMb = residentMegabytes(broker.processId!)
    }
    await broker.stop()
  }
  context.report({ case: 'ready after', value: median(startsMs), unit: 'ms' })
  context.report({ case: 'idle resident memory', value: residentMb, unit: 'MB' })
}

function produceFrame(): Buffer {
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: batchOf(BATCH_BYTES) }] }]
  const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
  return Buffer.concat(
    encodeRequestFrame({ correlationId: 1, clientId: 'bench' }, APIS.Produce.request, request, PRODUCE_VERSION),
  )
}

/** Records of 1 KB, the last one as long as there is room for. */
function batchOf(batchBytes: number): Buffer {
  const builder = new RecordBatchBuilder({}, createCodecs())
  const value = Buffer.alloc(1_000, 'x')
  const timestampMs = Date.now()
  for (;;) {
    const record = { key: null, value, timestampMs }
    if (builder.estimatedBytesWith(record) > batchBytes) break
    builder.append(record)
  }
  builder.append({ key: null, value: Buffer.alloc(batchBytes - builder.estimatedBytes - 12), timestampMs })
  const records = builder.build()
  assert.ok(Math.abs(records.length - batchBytes) < 8, `a batch of ${records.length} bytes`)
  return records
}

/** Sends frames and counts answers; looks into the first and the last. */
class Client {
  private received: Buffer = Buffer.alloc(0)
  private onAnswer: (frame: Buffer) => void = () => undefined

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
      let start = 0
      while (this.received.length - start >= 4) {
        const end = start + 4 + this.received.readInt32BE(start)
        if (end > this.received.length) break
        this.onAnswer(this.received.subarray(start + 4, end))
        start = end
      }
      this.received = this.received.subarray(start)
    })
  }

  static connect(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Client(socket)))
      socket.once('error', reject)
    })
  }

  ask<Request, Response>(
    api: { readonly request: Message<unknown, Request>; readonly response: Message<Response, unknown> },
    value: Request,
    version: number,
  ): Promise<Response> {
    const answered = new Promise<Response>(resolve => {
      this.onAnswer = frame => resolve(decodeResponse(api.response, frame, version))
    })
    const header = { correlationId: 1, clientId: 'bench' }
    this.socket.write(Buffer.concat(encodeRequestFrame(header, api.request, value, version)))
    return answered
  }

  pipeline(frame: Buffer, count: number): Promise<void> {
    return new Promise(resolve => {
      let sent = 0
      let answered = 0
      let baseOffset = -1
      this.onAnswer = answer => {
        answered++
        if (answered === 1 || answered === count) {
          const response = decodeResponse(APIS.Produce.response, answer, PRODUCE_VERSION)
          const partition = response.responses[0]!.partitionResponses[0]!
          assert.equal(partition.errorCode, 0)
          assert.ok(partition.baseOffset > baseOffset)
          baseOffset = partition.baseOffset
        }
        if (sent < count) {
          sent++
          this.socket.write(frame)
        } else if (answered === count) resolve()
      }
      for (; sent < Math.min(count, MAX_IN_FLIGHT); sent++) this.socket.write(frame)
    })
  }

  close(): void {
    this.socket.destroy()
  }
}
