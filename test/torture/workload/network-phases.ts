/** What a client may be doing when the network turns bad: calls that each settle within a time limit. */
import { Admin, Consumer, Producer, ProducerFencedError } from '@millrace/client'
import { sizedValue } from '../history/sized-value.ts'

export const CALL_LIMIT_MS = 3_000
const VALUE_BYTES = 500

export interface PhaseOptions {
  /** Of its group and transactional id, and in front of its records' names. */
  readonly name: string
  readonly topic: string
  readonly partition: number
  readonly bootstrapServers: string
  /** Names of records that were acknowledged, or whose transaction was committed. */
  readonly acknowledged: string[]
}

/** One thing done over and over. Each call resolves when it succeeded, and rejects when it failed, within the limit. */
export interface Phase {
  call(): Promise<void>
  close(): Promise<void>
}

export const PHASES = { connecting, producing, consuming, joining, transacting, administering } as const
export type PhaseName = keyof typeof PHASES

function connection({ bootstrapServers, name }: PhaseOptions) {
  return {
    bootstrapServers,
    clientId: name,
    requestTimeoutMs: 1_000,
    socketConnectionSetupTimeoutMs: 1_000,
    retryBackoffMaxMs: 200,
    reconnectBackoffMaxMs: 200,
  }
}

function producerOf(options: PhaseOptions, transactionalId?: string): Producer {
  return new Producer({
    ...connection(options),
    lingerMs: 0,
    maxBlockMs: CALL_LIMIT_MS,
    deliveryTimeoutMs: CALL_LIMIT_MS,
    ...(transactionalId === undefined ? {} : { transactionalId }),
  })
}

async function sendOne(producer: Producer, { name, topic, partition, acknowledged }: PhaseOptions, count: number) {
  const id = `${name}/${count}`
  await producer.send({ topic, partition, value: sizedValue(id, VALUE_BYTES) })
  acknowledged.push(id)
}

/** A new producer each time. */
function connecting(options: PhaseOptions): Phase {
  let sent = 0
  return {
    async call() {
      const producer = producerOf(options)
      try {
        await sendOne(producer, options, sent++)
      } finally {
        await producer.close({ timeoutMs: 100 })
      }
    },
    close: async () => {},
  }
}

function producing(options: PhaseOptions): Phase {
  const producer = producerOf(options)
  let sent = 0
  return { call: () => sendOne(producer, options, sent++), close: () => producer.close({ timeoutMs: 100 }) }
}

function consuming(options: PhaseOptions): Phase {
  const consumer = new Consumer(connection(options))
  const at = { topic: options.topic, partition: options.partition }
  consumer.assign([at])
  return {
    async call() {
      consumer.seekToBeginning([at])
      if ((await consumer.poll({ maxWaitMs: CALL_LIMIT_MS })).length === 0) throw new Error('nothing was read')
    },
    close: () => consumer.close({ timeoutMs: 100 }),
  }
}

/** A new member each time, in a group of its own: it has joined when it is given records. */
function joining(options: PhaseOptions): Phase {
  let joined = 0
  return {
    async call() {
      const groupId = `${options.name}-${joined++}`
      const consumer = new Consumer({
        ...connection(options),
        groupId,
        autoOffsetReset: 'earliest',
        enableAutoCommit: false,
      })
      try {
        consumer.subscribe([options.topic])
        if ((await consumer.poll({ maxWaitMs: CALL_LIMIT_MS })).length === 0) throw new Error('nothing was read')
      } finally {
        await consumer.close({ timeoutMs: 100 })
      }
    },
    close: async () => {},
  }
}

/** A failed transaction is aborted; where that fails too, a new producer goes on. */
function transacting(options: PhaseOptions): Phase {
  const limit = { timeoutMs: CALL_LIMIT_MS }
  let producer: Producer | undefined
  let sent = 0
  const give = async () => {
    await producer?.close({ timeoutMs: 100 })
    producer = undefined
  }
  return {
    async call() {
      const id = `${options.name}/${sent++}`
      try {
        if (producer === undefined) {
          producer = producerOf(options, options.name)
          await producer.initTransactions(limit)
        }
        producer.beginTransaction()
        const { topic, partition } = options
        const written = producer.send({ topic, partition, value: sizedValue(id, VALUE_BYTES) })
        await Promise.all([written, producer.commitTransaction(limit)])
        options.acknowledged.push(id)
      } catch (error) {
        if (error instanceof ProducerFencedError) await give()
        else await producer?.abortTransaction({ timeoutMs: 500 }).catch(give)
        throw error
      }
    },
    close: give,
  }
}

function administering(options: PhaseOptions): Phase {
  const admin = new Admin(connection(options))
  return {
    async call() {
      await admin.describeCluster({ timeoutMs: CALL_LIMIT_MS })
    },
    close: () => admin.close(),
  }
}
