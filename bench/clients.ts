/** The clients that `bench:client` compares, behind what it asks of each. */
import { Consumer as MillraceConsumer, Producer as MillraceProducer } from '@millrace/client'
import { Consumer as PlatformaticConsumer, Producer as PlatformaticProducer } from '@platformatic/kafka'
import { type EachBatchPayload, Kafka, logLevel, Partitioners } from 'kafkajs'

export interface ClientUnderBench {
  readonly name: string
  produceTo(topic: string): Promise<BenchProducer>
  consume(topic: string, expected: Expected): Promise<number>
}

export interface BenchProducer {
  /** One call with this many records. */
  sendMany(): Promise<unknown>
  /** One call with one record. */
  sendOne(): Promise<unknown>
  close(): Promise<unknown>
}

/** What a reading of the topic has to come to. */
export interface Expected {
  readonly recordCount: number
  readonly bytes: number
}

export interface Load {
  readonly bootstrapServers: string
  readonly value: Buffer
  readonly recordsPerSend: number
}

/** Milliseconds from the first batch to the last record, or an error if anything is missing or too much. */
class Reading {
  private startMs = 0
  private records = 0
  private bytes = 0
  private finish!: (elapsedMs: number) => void
  private fail!: (error: Error) => void
  readonly elapsedMs = new Promise<number>((resolve, reject) => {
    this.finish = resolve
    this.fail = reject
  })

  constructor(private readonly expected: Expected) {}

  /** Returns whether that was the last one. */
  got(recordCount: number, bytes: number): boolean {
    if (this.records === 0) this.startMs = performance.now()
    this.records += recordCount
    this.bytes += bytes
    if (this.records < this.expected.recordCount) return false
    if (this.records === this.expected.recordCount && this.bytes === this.expected.bytes)
      this.finish(performance.now() - this.startMs)
    else this.fail(new Error(`${this.records} records with ${this.bytes} bytes instead of what was written`))
    return true
  }
}

export function millrace({ bootstrapServers, value, recordsPerSend }: Load): ClientUnderBench {
  return {
    name: 'Millrace',
    async produceTo(topic) {
      const producer = new MillraceProducer({ bootstrapServers })
      await producer.send({ topic, value })
      const many = Array.from({ length: recordsPerSend }, () => ({ value }))
      return {
        sendMany: () => producer.sendBatch(topic, many),
        sendOne: () => producer.send({ topic, value }),
        close: () => producer.close(),
      }
    },
    async consume(topic, expected) {
      const reading = new Reading(expected)
      const consumer = new MillraceConsumer({ bootstrapServers, autoOffsetReset: 'earliest', maxPollRecords: 5_000 })
      consumer.assign([{ topic, partition: 0 }])
      for await (const { records } of consumer.batches()) {
        let bytes = 0
        for (const record of records) bytes += record.value!.length
        if (reading.got(records.length, bytes)) break
      }
      await consumer.close()
      return reading.elapsedMs
    },
  }
}

/** As {@link millrace}, but record by record. */
export function millraceByRecord({ bootstrapServers }: Load): Pick<ClientUnderBench, 'consume'> {
  return {
    async consume(topic, expected) {
      const reading = new Reading(expected)
      const consumer = new MillraceConsumer({ bootstrapServers, autoOffsetReset: 'earliest', maxPollRecords: 5_000 })
      consumer.assign([{ topic, partition: 0 }])
      for await (const { value } of consumer) if (reading.got(1, value!.length)) break
      await consumer.close()
      return reading.elapsedMs
    },
  }
}

export function kafkajs({ bootstrapServers, value, recordsPerSend }: Load): ClientUnderBench {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING })
  return {
    name: 'kafkajs 2.2.4',
    async produceTo(topic) {
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
      await producer.connect()
      const many = { topic, messages: Array.from({ length: recordsPerSend }, () => ({ value })) }
      const one = { topic, messages: [{ value }] }
      await producer.send(one)
      return {
        sendMany: () => producer.send(many),
        sendOne: () => producer.send(one),
        close: () => producer.disconnect(),
      }
    },
    async consume(topic, expected) {
      const reading = new Reading(expected)
      const consumer = kafka.consumer({ groupId: freshGroup(), maxWaitTimeInMs: 50 })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      const eachBatch = async ({ batch }: EachBatchPayload) => {
        let bytes = 0
        for (const message of batch.messages) bytes += message.value!.length
        reading.got(batch.messages.length, bytes)
      }
      await consumer.run({ eachBatch, autoCommit: false })
      const elapsedMs = await reading.elapsedMs
      await consumer.disconnect()
      return elapsedMs
    },
  }
}

export function platformatic({ bootstrapServers, value, recordsPerSend }: Load): ClientUnderBench {
  const base = { clientId: 'bench', bootstrapBrokers: [bootstrapServers] }
  return {
    name: '@platformatic/kafka 1.35.0',
    async produceTo(topic) {
      const producer = new PlatformaticProducer({ ...base, acks: -1, autocreateTopics: true, partitioner: () => 0 })
      const many = { messages: Array.from({ length: recordsPerSend }, () => ({ topic, value })) }
      const one = { messages: [{ topic, value }] }
      await producer.send(one)
      return {
        sendMany: () => producer.send(many),
        sendOne: () => producer.send(one),
        close: () => producer.close(),
      }
    },
    async consume(topic, expected) {
      const reading = new Reading(expected)
      const consumer = new PlatformaticConsumer({ ...base, groupId: freshGroup() })
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'earliest',
        autocommit: false,
        maxWaitTime: 50,
        maxBytes: 10 * 1024 * 1024,
      })
      stream.on('data', ({ value: received }: { value: Buffer }) => void reading.got(1, received.length))
      const elapsedMs = await reading.elapsedMs
      await consumer.close(true)
      return elapsedMs
    },
  }
}

let groups = 0
function freshGroup(): string {
  return `bench-${process.pid}-${groups++}`
}
