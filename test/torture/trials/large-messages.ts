import { Admin } from '@millrace/client'
import { createCodecs, realPlatform } from '@millrace/platform'
import { APIS, batchesOf, ErrorCode, encodeRequestFrame, type NewRecord, RecordBatchBuilder } from '@millrace/protocol'
import { ProtocolClient } from '../../../packages/broker/test/protocol-client.ts'
import { BrokerProcess } from '../cluster/broker-process.ts'
import type { Outcome, Trial, TrialOptions } from '../trial.ts'

const codecs = createCodecs()
const platform = realPlatform()
const PRODUCE_VERSION = 9
const FETCH_VERSION = 12
const LARGEST_FRAME_BYTES = 104_857_600
/** What a produce request has besides its batch, at most. */
const FRAME_OVERHEAD_BYTES = 200
const SMALL_LIMIT_BYTES = 5_000

/** Returns what is wrong, nothing if all is well. */
type Case = (broker: BrokerProcess, client: ProtocolClient) => Promise<string | undefined>

const CASES: Readonly<Record<string, Case>> = {
  'a batch below max.message.bytes': (_, client) =>
    expectProduced(client, 'limited', batchOfBytes(SMALL_LIMIT_BYTES - 1)),
  'a batch of max.message.bytes': (_, client) => expectProduced(client, 'limited', batchOfBytes(SMALL_LIMIT_BYTES)),
  'a batch above max.message.bytes': (_, client) =>
    expectRefused(client, 'limited', batchOfBytes(SMALL_LIMIT_BYTES + 1), ErrorCode.MESSAGE_TOO_LARGE),
  'a batch above the default limit': (_, client) =>
    expectRefused(client, 'default', batchOfBytes(1_048_588 + 1), ErrorCode.MESSAGE_TOO_LARGE),
  'a batch of nearly 100 MiB': (_, client) =>
    expectProduced(client, 'unlimited', batchOfBytes(LARGEST_FRAME_BYTES - FRAME_OVERHEAD_BYTES)),
  'a frame above socket.request.max.bytes': async broker => {
    const client = await ProtocolClient.connect(platform.network, broker.port)
    const answered = produce(client, 'unlimited', batchOfBytes(LARGEST_FRAME_BYTES)).then(
      errorCode => `it was answered with ${errorCode}`,
      () => undefined,
    )
    const outcome = await Promise.race([answered, client.closed.then(() => undefined)])
    client.close()
    return outcome
  },
  '100,000 headers': (_, client) => {
    const headers = Array.from({ length: 100_000 }, (_, index) => ({ key: `h${index}`, value: Buffer.from('v') }))
    return expectProduced(client, 'unlimited', batchOf([{ key: null, value: null, headers, timestampMs: 1 }]))
  },
  '100,000 records in a batch': (_, client) => {
    const record = { key: null, value: Buffer.from('x'), timestampMs: 1 }
    return expectProduced(client, 'unlimited', batchOf(new Array<NewRecord>(100_000).fill(record)))
  },
  'a key of 20 MiB': (_, client) =>
    expectProduced(client, 'unlimited', batchOf([{ key: Buffer.alloc(20 << 20, 'k'), value: null, timestampMs: 1 }])),
  'a million topics in one question': async (_, client) => {
    const topics = Array.from({ length: 1_000_000 }, (_, index) => ({ name: `missing-${index}` }))
    const answer = await client.send(APIS.Metadata, { topics, allowAutoTopicCreation: false })
    return answer.topics.length === topics.length ? undefined : `${answer.topics.length} topics were answered`
  },
  '100,000 partitions that are not there': async (_, client) => {
    const partitionData = Array.from({ length: 100_000 }, (_, index) => ({
      index: index + 10,
      records: batchOfBytes(100),
    }))
    const topicData = [{ name: 'default', partitionData }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 1_000, topicData }
    const answer = await client.send(APIS.Produce, request, PRODUCE_VERSION)
    const codes = new Set(answer.responses[0]!.partitionResponses.map(({ errorCode }) => errorCode))
    return [...codes].join() === String(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) ? undefined : `errors ${[...codes]}`
  },
  'a client id of 32,767 characters': async broker => {
    const client = await ProtocolClient.connect(platform.network, broker.port)
    const header = { correlationId: 1, clientId: 'c'.repeat(32_767) }
    const answered = client.expect(APIS.ListGroups, 4)
    client.write(Buffer.concat(encodeRequestFrame(header, APIS.ListGroups.request, {}, 4)))
    const { errorCode } = await answered
    client.close()
    return errorCode === ErrorCode.NONE ? undefined : `error ${errorCode}`
  },
  'a million partitions in one topic': async (_, client) => {
    const topic = { name: 'wide', numPartitions: 2 ** 31 - 1, replicationFactor: 1, assignments: [], configs: [] }
    const answer = await client.send(APIS.CreateTopics, { topics: [topic], timeoutMs: 1_000 })
    return answer.topics[0]!.errorCode === ErrorCode.NONE ? 'they were created' : undefined
  },
}

export const largeMessages: Trial = {
  name: 'large-messages',
  promise:
    'What is as large as the limits allow is stored and read back; what is larger is refused with the error for it; the broker serves on',
  unit: 'rounds',
  ciCount: 1,
  goalCount: 1,
  run,
}

async function run({ count, progress }: TrialOptions): Promise<Outcome> {
  const problems: string[] = []
  await using broker = await BrokerProcess.start()
  await using admin = new Admin({ bootstrapServers: broker.bootstrapServers })
  const limitedTo = (bytes: number) => ({ 'max.message.bytes': String(bytes) })
  await admin.createTopics([
    { name: 'default', partitions: 1 },
    { name: 'limited', partitions: 1, configs: limitedTo(SMALL_LIMIT_BYTES) },
    { name: 'unlimited', partitions: 1, configs: limitedTo(2 ** 31 - 1) },
  ])
  const client = await ProtocolClient.connect(platform.network, broker.port)
  for (let round = 0; round < count; round++)
    for (const [name, attempt] of Object.entries(CASES)) {
      const problem = await attempt(broker, client).catch((error: Error) => error.stack)
      if (problem !== undefined) problems.push(`${name}: ${problem}`)
      progress(name)
    }
  client.close()
  if (!broker.isRunning) problems.push(`the broker ended: ${broker.errors}`)
  else await broker.stop()
  if (broker.errors !== '') problems.push(broker.errors)
  return { problems, figures: { cases: Object.keys(CASES).length * count } }
}

async function expectProduced(client: ProtocolClient, topic: string, batch: Buffer): Promise<string | undefined> {
  const offset = await endOffset(client, topic)
  const errorCode = await produce(client, topic, batch)
  if (errorCode !== ErrorCode.NONE) return `it was refused with ${errorCode}`
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 }]
  const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic, partitions }] }
  const answer = await client.send(APIS.Fetch, request, FETCH_VERSION)
  const { records } = answer.responses[0]!.partitions[0]!
  const [read] = batchesOf(records!)
  return read?.bytes.subarray(16).equals(batch.subarray(16)) ? undefined : 'it is read back as something else'
}

async function expectRefused(client: ProtocolClient, topic: string, batch: Buffer, expected: number) {
  const errorCode = await produce(client, topic, batch)
  return errorCode === expected ? undefined : `it was answered with ${errorCode}`
}

async function produce(client: ProtocolClient, topic: string, records: Buffer): Promise<number> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const request = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
  const answer = await client.send(APIS.Produce, request, PRODUCE_VERSION)
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}

async function endOffset(client: ProtocolClient, topic: string): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await client.send(APIS.ListOffsets, { replicaId: -1, topics })
  return answer.topics[0]!.partitions[0]!.offset
}

function batchOf(records: readonly NewRecord[]): Buffer {
  const builder = new RecordBatchBuilder({}, codecs)
  for (const record of records) builder.append(record)
  return builder.build()
}

/** Exactly so many, header included. */
function batchOfBytes(sizeInBytes: number): Buffer {
  const empty = batchOf([{ key: null, value: Buffer.alloc(0), timestampMs: 1 }])
  // Longer values have longer lengths in front of them, so the second guess may be off by a few bytes.
  let valueBytes = Math.max(0, sizeInBytes - empty.length)
  for (;;) {
    const batch = batchOf([{ key: null, value: Buffer.alloc(valueBytes, 'v'), timestampMs: 1 }])
    if (batch.length <= sizeInBytes) {
      if (batch.length === sizeInBytes) return batch
      throw new Error(`no batch has ${sizeInBytes} bytes`)
    }
    valueBytes -= batch.length - sizeInBytes
  }
}
