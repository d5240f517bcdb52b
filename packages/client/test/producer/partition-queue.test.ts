import { ErrorCode } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PartitionQueue, type ProducerStamp, type QueuedBatch } from '../../src/producer/partition-queue.ts'
import { type ModelBatch, ModelLog } from './model-log.ts'

class TestBatch implements QueuedBatch, ModelBatch {
  isOpen = true
  isInFlight = false
  attempts = 0
  retryAtMs = 0
  stamp: ProducerStamp | null = null
  constructor(
    readonly id: number,
    readonly recordCount: number,
    readonly createdMs = id,
  ) {}
}

const IDENTITY = { producerId: 7, producerEpoch: 0 }

function queueOf(...recordCounts: number[]) {
  const queue = new PartitionQueue<TestBatch>('t', 0, 'perPartition')
  queue.adopt(IDENTITY)
  const batches = recordCounts.map((recordCount, id) => new TestBatch(id, recordCount))
  for (const batch of batches) queue.push(batch)
  return { queue, batches }
}
/** Sends what may be sent, and returns it. */
function send(queue: PartitionQueue<TestBatch>, carrier: unknown = 'c'): TestBatch | undefined {
  const { candidate } = queue
  if (candidate === undefined || !queue.maySendOver(carrier)) return undefined
  queue.sending(candidate, carrier)
  return candidate
}
const sequences = (batches: readonly TestBatch[]) => batches.map(({ stamp }) => stamp?.baseSequence)

describe('in a transaction', () => {
  function queueInTransaction(...recordCounts: number[]) {
    const queue = new PartitionQueue<TestBatch>('t', 0, 'perTransaction')
    queue.adopt(IDENTITY)
    const batches = recordCounts.map((recordCount, id) => new TestBatch(id, recordCount))
    for (const batch of batches) queue.push(batch)
    return { queue, batches }
  }
  test('the same epoch counts on, another one begins at 0', () => {
    const { queue, batches } = queueInTransaction(3, 2, 1)
    send(queue)
    queue.acknowledged(batches[0]!)
    expect(queue.adopt({ ...IDENTITY })).toBe(true)
    send(queue)
    queue.acknowledged(batches[1]!)
    queue.adopt({ ...IDENTITY, producerEpoch: 1 })
    send(queue)
    expect(batches.map(({ stamp }) => [stamp!.producerEpoch, stamp!.baseSequence])).toEqual([
      [0, 0],
      [0, 3],
      [1, 0],
    ])
  })
  test('a gap breaks the partition until the next epoch', () => {
    const { queue, batches } = queueInTransaction(1, 1, 1)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    send(queue)
    queue.outOfOrder(batches[1]!, 0)
    expect([queue.isBroken, queue.candidate]).toEqual([true, undefined])
    // What is in flight is waited for.
    expect(queue.drop()).toEqual([batches[1]])
    queue.outOfOrder(batches[2]!, 0)
    expect(queue.drop()).toEqual([batches[2]])
    queue.adopt({ ...IDENTITY, producerEpoch: 1 })
    const next = new TestBatch(3, 1)
    queue.push(next)
    expect([queue.isBroken, send(queue)]).toEqual([false, next])
  })
  test('dropping leaves what was sent once: its fate must be known', () => {
    const { queue, batches } = queueInTransaction(1, 1, 1)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    queue.retry(batches[1]!, 0)
    expect(queue.drop()).toEqual([batches[2]])
    expect(send(queue)).toBe(batches[1])
  })
})

describe('sequences', () => {
  test('count records, batch after batch', () => {
    const { queue, batches } = queueOf(3, 2, 4)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    send(queue)
    expect(sequences(batches)).toEqual([0, 3, 5])
  })
  test('wrap behind 2^31 − 1', () => {
    const { queue, batches } = queueOf(2 ** 31 - 2, 1, 5, 1)
    for (const batch of batches) {
      send(queue)
      queue.acknowledged(batch)
    }
    expect(sequences(batches)).toEqual([0, 2 ** 31 - 2, 2 ** 31 - 1, 4])
  })
  test('move up when a batch in front is refused for good', () => {
    const { queue, batches } = queueOf(1, 3, 2)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    send(queue)
    queue.refused(batches[1]!)
    queue.outOfOrder(batches[2]!, 0)
    send(queue)
    expect(batches[2]!.stamp).toEqual({ ...IDENTITY, baseSequence: 1 })
  })
  test('start over under the next epoch when the oldest batch is out of order', () => {
    const { queue, batches } = queueOf(1, 3)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    queue.outOfOrder(batches[1]!, 0)
    send(queue)
    expect(batches[1]!.stamp).toEqual({ producerId: 7, producerEpoch: 1, baseSequence: 0 })
  })
  test('a batch given up in flight counts as written until the next one is refused', () => {
    const { queue, batches } = queueOf(1, 3, 2)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    expect(queue.expire(1)).toBe(batches[1])
    send(queue)
    expect(batches[2]!.stamp).toEqual({ ...IDENTITY, baseSequence: 4 })
  })
  test('used-up epochs ask for a new producer id', () => {
    const queue = new PartitionQueue<TestBatch>('t', 0, 'perPartition')
    queue.adopt({ producerId: 7, producerEpoch: 32_767 })
    const batch = new TestBatch(0, 1)
    queue.push(batch)
    send(queue)
    queue.outOfOrder(batch, 0)
    expect(queue.needsIdentity).toBe(true)
    expect(queue.adopt({ producerId: 7, producerEpoch: 0 })).toBe(false)
    expect(queue.adopt({ producerId: 8, producerEpoch: 0 })).toBe(true)
    expect(send(queue)?.stamp).toEqual({ producerId: 8, producerEpoch: 0, baseSequence: 0 })
  })
})

describe('order', () => {
  test('one batch in flight until the first is acknowledged', () => {
    const { queue, batches } = queueOf(1, 1, 1)
    expect([send(queue), send(queue)]).toEqual([batches[0], undefined])
    queue.acknowledged(batches[0]!)
    expect([send(queue), send(queue)]).toEqual([batches[1], batches[2]])
  })
  test('and again after a pause, because the broker may have forgotten the producer', () => {
    const { queue, batches } = queueOf(1)
    send(queue)
    queue.acknowledged(batches[0]!)
    const later = [new TestBatch(1, 1, 3_600_000), new TestBatch(2, 1, 3_600_000)]
    for (const batch of later) queue.push(batch)
    expect([send(queue), send(queue)]).toEqual([later[0], undefined])
  })
  test('a batch is sent again only as the oldest', () => {
    const { queue, batches } = queueOf(1, 1, 1)
    send(queue)
    queue.acknowledged(batches[0]!)
    send(queue)
    send(queue)
    queue.outOfOrder(batches[2]!, 0)
    expect(send(queue)).toBeUndefined()
    queue.acknowledged(batches[1]!)
    expect(send(queue)).toBe(batches[2])
  })
  test('new batches stay on the connection that carries the others', () => {
    const { queue, batches } = queueOf(1, 1, 1)
    send(queue, 'old')
    queue.acknowledged(batches[0]!)
    expect(send(queue, 'old')).toBe(batches[1])
    expect(send(queue, 'new')).toBeUndefined()
    queue.retry(batches[1]!, 0)
    expect(send(queue, 'new')).toBe(batches[1])
  })
})

/** Steps of a random run; the numbers choose among what is possible. */
type Step =
  | 'push'
  | 'send'
  /** The broker takes the next request on the connection. */
  | 'append'
  /** The broker cannot take it now and says so. */
  | 'reject'
  /** The broker refuses it for good. */
  | 'refuse'
  | 'answer'
  | 'break'
  | 'expire'
  | 'forget'
const STEPS: readonly Step[] = ['push', 'send', 'append', 'reject', 'refuse', 'answer', 'break', 'expire', 'forget']

interface Request {
  readonly batch: TestBatch
  readonly stamp: ProducerStamp | null
  errorCode: number | undefined
}

function run(steps: readonly Step[]) {
  const log = new ModelLog()
  const queue = new PartitionQueue<TestBatch>('t', 0, 'perPartition')
  queue.adopt(IDENTITY)
  const acknowledged: number[] = []
  const refused = new Set<number>()
  let requests: Request[] = []
  let connection = 0
  let batches = 0
  let nowMs = 0

  const settle = ({ batch, errorCode }: Request) => {
    if (errorCode === ErrorCode.NONE) {
      if (queue.acknowledged(batch)) acknowledged.push(batch.id)
    } else if (errorCode === ErrorCode.INVALID_RECORD) {
      if (queue.refused(batch)) refused.add(batch.id)
    } else if (errorCode === ErrorCode.NOT_ENOUGH_REPLICAS || errorCode === undefined) queue.retry(batch, 0)
    else queue.outOfOrder(batch, 0)
  }
  const actions: Record<Step, () => void> = {
    push: () => queue.push(new TestBatch(batches++, 1 + (batches % 3), nowMs++)),
    send: () => {
      const batch = requests.length < 5 ? send(queue, connection) : undefined
      if (batch !== undefined) requests.push({ batch, stamp: batch.stamp, errorCode: undefined })
    },
    append: () => {
      const next = requests.find(({ errorCode }) => errorCode === undefined)
      if (next !== undefined) next.errorCode = log.append(next.batch, next.stamp)
    },
    reject: () => {
      const next = requests.find(({ errorCode }) => errorCode === undefined)
      if (next !== undefined) next.errorCode = ErrorCode.NOT_ENOUGH_REPLICAS
    },
    refuse: () => {
      const next = requests.find(({ errorCode }) => errorCode === undefined)
      // A batch that is in the log is recognised before its records are looked at.
      if (next !== undefined && !log.written.includes(next.batch.id)) next.errorCode = ErrorCode.INVALID_RECORD
    },
    answer: () => {
      if (requests[0]?.errorCode !== undefined) settle(requests.shift()!)
    },
    break: () => {
      const lost = requests
      requests = []
      connection++
      for (const request of lost) settle({ ...request, errorCode: undefined })
    },
    expire: () => void queue.expire(queue.oldest?.createdMs ?? -1),
    forget: () => {
      if (!queue.isEmpty || requests.length > 0) return
      log.forgetProducers()
      nowMs += 86_400_000
    },
  }
  for (const step of steps) actions[step]()
  // In the end the broker answers everything.
  for (let rounds = 0; !queue.isEmpty && rounds < 1000; rounds++) for (const step of CALM) actions[step]()
  return { log, queue, acknowledged, refused }
}
const CALM: readonly Step[] = ['send', 'append', 'answer']

test('whatever happens, batches are written once and in order, and acknowledged ones are there', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STEPS), { minLength: 20, maxLength: 200 }), steps => {
      const { log, queue, acknowledged, refused } = run(steps)
      expect(queue.isEmpty).toBe(true)
      expect(log.written).toEqual([...new Set(log.written)].sort((a, b) => a - b))
      for (const id of acknowledged) expect(log.written).toContain(id)
      for (const id of refused) expect(log.written).not.toContain(id)
    }),
    { numRuns: 2_000 },
  )
})
