import { APIS, ErrorCode, type RecordBatchBuilder, ZERO_UUID } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchRequest, produceRequest, RunningBroker, valuesIn } from '../running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.start()
})
afterAll(() => running.stop())

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)

describe('Produce', () => {
  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('v%i appends and says where', async version => {
    const topic = `versions-${version}`
    await running.createTopic(topic)
    await running.produce(topic, running.batch(['a', 'b']))
    const answer = await running.produce(topic, running.batch(['c']), { version })
    expect(answer).toMatchObject({ errorCode: 0, baseOffset: 2, logAppendTimeMs: -1 })
    expect(answer.logStartOffset).toBe(version < 5 ? -1 : 0)
    expect(await running.values(topic)).toEqual(['a', 'b', 'c'])
  })
  test('v13 names the topic by its id', async () => {
    const topicId = await running.createTopic('by-id')
    const send = (id: string) =>
      running.client.send(APIS.Produce, {
        transactionalId: null,
        acks: -1,
        timeoutMs: 1_000,
        topicData: [{ topicId: id, partitionData: [{ index: 0, records: running.batch(['x']) }] }],
      })
    const answered = await send(topicId)
    expect(answered.responses[0]).toMatchObject({ topicId, partitionResponses: [{ errorCode: 0, baseOffset: 0 }] })
    const unknown = await send('AAAAAAAAAAAAAAAAAAAAAQ')
    expect(unknown.responses[0]!.partitionResponses[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })
  test.each([0, 1, 2])('v%i, which cannot carry batches, closes the connection', async version => {
    await running.createTopic(`old-${version}`)
    const client = await running.connect()
    client.sendOnly(APIS.Produce, { ...produceRequest(`old-${version}`, []), transactionalId: null }, version)
    await client.closed
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('keeps %s batches as they came', async compression => {
    const topic = `codec-${compression}`
    await running.createTopic(topic)
    const batch = running.batch(['a'.repeat(500), 'b'.repeat(500)], { compression })
    await running.produce(topic, batch)
    const answer = await running.client.send(APIS.Fetch, fetchRequest(topic), 12)
    const { records } = answer.responses[0]!.partitions[0]!
    expect(records!.subarray(17)).toEqual(batch.subarray(17))
  })

  test('with acks=0 sends no answer, with acks=1 does', async () => {
    await running.createTopic('acks')
    running.client.sendOnly(APIS.Produce, produceRequest('acks', [{ index: 0, records: running.batch(['0']) }], 0), 9)
    expect(await running.produce('acks', running.batch(['1']), { acks: 1 })).toMatchObject({ baseOffset: 1 })
    expect(await running.produce('acks', running.batch(['2']), { acks: -1 })).toMatchObject({ baseOffset: 2 })
    expect(await running.values('acks')).toEqual(['0', '1', '2'])
  })
  test('with acks=0 closes the connection on an error, after what it could do', async () => {
    await running.createTopic('acks-0')
    const client = await running.connect()
    client.sendOnly(
      APIS.Produce,
      produceRequest(
        'acks-0',
        [
          { index: 0, records: running.batch(['kept']) },
          { index: 9, records: running.batch(['lost']) },
        ],
        0,
      ),
      9,
    )
    await client.closed
    const answer = await running.client.send(APIS.Fetch, fetchRequest('acks-0', {}, { maxWaitMs: 20_000 }), 12)
    expect(valuesIn(answer.responses[0]!.partitions[0]!.records!, running.platform.codecs)).toEqual(['kept'])
  })

  test('pipelined requests are appended and answered in order', async () => {
    await running.createTopic('pipelined')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => running.produce('pipelined', running.batch([String(index)]))),
    )
    expect(answers.map(answer => answer.baseOffset)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(await running.values('pipelined')).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
  })

  describe('refuses', () => {
    const damaged = (change: (batch: Buffer) => void) => () => {
      const batch = running.batch(['a', 'b'])
      change(batch)
      return batch
    }
    const built = (options: ConstructorParameters<typeof RecordBatchBuilder>[0]) => () => running.batch(['a'], options)
    type Row = {
      what: string
      records: () => Buffer | null
      expected: keyof typeof ErrorCode
      acks?: number
      topic?: string
      version?: number
    }
    const rows: Row[] = [
      { what: 'a flipped bit', records: damaged(batch => batch.writeUInt8(1, 70)), expected: 'CORRUPT_MESSAGE' },
      {
        what: 'a batch that breaks off',
        records: () => running.batch(['a']).subarray(0, 50),
        expected: 'CORRUPT_MESSAGE',
      },
      {
        what: 'two batches for one partition',
        records: () => Buffer.concat([running.batch(['a']), running.batch(['b'])]),
        expected: 'INVALID_RECORD',
      },
      { what: 'no records', records: () => null, expected: 'INVALID_RECORD' },
      { what: 'a control batch', records: built({ control: true }), expected: 'INVALID_RECORD' },
      {
        what: 'a producer without sequence',
        records: built({ producerId: 5, producerEpoch: 0 }),
        expected: 'INVALID_RECORD',
      },
      {
        what: 'zstd below v7',
        records: built({ compression: 'zstd' }),
        version: 6,
        expected: 'UNSUPPORTED_COMPRESSION_TYPE',
      },
      { what: 'acks of 2', records: built({}), acks: 2, expected: 'INVALID_REQUIRED_ACKS' },
      { what: 'a missing topic', records: built({}), topic: 'missing', expected: 'UNKNOWN_TOPIC_OR_PARTITION' },
      { what: 'a topic named ../x', records: built({}), topic: '../x', expected: 'UNKNOWN_TOPIC_OR_PARTITION' },
      {
        what: 'a topic named __proto__',
        records: built({}),
        topic: '__proto__',
        expected: 'UNKNOWN_TOPIC_OR_PARTITION',
      },
      {
        what: 'too large a batch',
        records: () => running.batch(['x'.repeat(2_000)]),
        topic: 'small',
        expected: 'MESSAGE_TOO_LARGE',
      },
      {
        what: 'more replicas than there are',
        records: built({}),
        topic: 'replicated',
        expected: 'NOT_ENOUGH_REPLICAS',
      },
    ]
    beforeAll(async () => {
      await running.createTopic('checked')
      await running.createTopic('small', 1, { 'max.message.bytes': '1000' })
      await running.createTopic('replicated', 1, { 'min.insync.replicas': '2' })
    })
    test.each(rows)('$what: $expected', async ({ records, expected, acks = -1, topic = 'checked', version = 12 }) => {
      const answer = await running.produce(topic, records(), { acks, version })
      expect(nameOf(answer.errorCode)).toBe(expected)
      expect(answer.baseOffset).toBe(-1)
      if (topic === 'checked') expect(await running.values('checked')).toEqual([])
    })
    test('a partition on its own, beside one that is fine', async () => {
      await running.createTopic('mixed', 2)
      const answer = await running.client.send(
        APIS.Produce,
        produceRequest('mixed', [
          { index: 0, records: running.batch(['fine']) },
          { index: 1, records: running.batch(['x']).subarray(0, 50) },
          { index: 2, records: running.batch(['nowhere']) },
        ]),
        9,
      )
      const codes = answer.responses[0]!.partitionResponses.map(partition => nameOf(partition.errorCode))
      expect(codes).toEqual(['NONE', 'CORRUPT_MESSAGE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    })
    test('keyless records in a compacted topic, naming each', async () => {
      await running.createTopic('compacted', 1, { 'cleanup.policy': 'compact' })
      const { RecordBatchBuilder: Builder } = await import('@millrace/protocol')
      const builder = new Builder({}, running.platform.codecs)
      for (const key of ['k', null, null])
        builder.append({ key: key === null ? null : Buffer.from(key), value: null, timestampMs: Date.now() })
      const answer = await running.produce('compacted', builder.build())
      expect(nameOf(answer.errorCode)).toBe('INVALID_RECORD')
      expect(answer.recordErrors.map(row => row.batchIndex)).toEqual([1, 2])
    })
    test('writes of clients to internal topics', async () => {
      await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
      const answer = await running.produce('__consumer_offsets', running.batch(['x']))
      expect(nameOf(answer.errorCode)).toBe('INVALID_TOPIC_EXCEPTION')
    })
  })

  describe('of an idempotent producer', () => {
    test('takes a retry for what it is, and refuses gaps and old epochs', async () => {
      await running.createTopic('idempotent')
      const { producerId } = await running.client.send(APIS.InitProducerId, {
        transactionalId: null,
        transactionTimeoutMs: 0,
      })
      const send = (baseSequence: number, producerEpoch = 1) =>
        running.produce('idempotent', running.batch(['a', 'b'], { producerId, producerEpoch, baseSequence }))
      expect(await send(0)).toMatchObject({ errorCode: 0, baseOffset: 0 })
      expect(await send(2)).toMatchObject({ errorCode: 0, baseOffset: 2 })
      expect(await send(0)).toMatchObject({ errorCode: 0, baseOffset: 0 })
      expect(nameOf((await send(6)).errorCode)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(nameOf((await send(4, 0)).errorCode)).toBe('INVALID_PRODUCER_EPOCH')
      expect(await running.values('idempotent')).toEqual(['a', 'b', 'a', 'b'])
    })
    test('never gets an id twice, not even across restarts', async () => {
      const ids = new Set<number>()
      const take = async () => {
        const { producerId, producerEpoch, errorCode } = await running.client.send(APIS.InitProducerId, {
          transactionalId: null,
          transactionTimeoutMs: 0,
        })
        expect({ errorCode, producerEpoch }).toEqual({ errorCode: 0, producerEpoch: 0 })
        expect(ids.has(producerId)).toBe(false)
        ids.add(producerId)
      }
      await Promise.all(Array.from({ length: 10 }, take))
      await running.restart()
      await Promise.all(Array.from({ length: 10 }, take))
      await running.crash()
      await Promise.all(Array.from({ length: 10 }, take))
    })
  })
})

describe('Fetch', () => {
  const batchBytes = () => running.batch(['12345']).length
  beforeAll(async () => {
    await running.createTopic('fetched', 2)
    for (const value of ['12345', '23456', '34567']) await running.produce('fetched', running.batch([value]))
    await running.produce('fetched', running.batch(['in', 'the', 'middle']))
  })

  test.each([4, 5, 6, 7, 8, 9, 10, 11, 12])('v%i returns batches and offsets', async version => {
    const answer = await running.client.send(APIS.Fetch, fetchRequest('fetched'), version)
    const partition = answer.responses[0]!.partitions[0]!
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 6, lastStableOffset: 6, abortedTransactions: null })
    expect(valuesIn(partition.records!, running.platform.codecs)).toHaveLength(6)
    expect(answer.sessionId).toBe(0)
  })
  test('v13 and later name topics by id', async () => {
    const topicId = await running.createTopic('fetched-by-id')
    await running.produce('fetched-by-id', running.batch(['x']))
    const ask = (id: string) => {
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }]
      return running.client.send(APIS.Fetch, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: id, partitions }] })
    }
    const answer = await ask(topicId)
    expect(answer.responses[0]!.topicId).toBe(topicId)
    expect(valuesIn(answer.responses[0]!.partitions[0]!.records!, running.platform.codecs)).toEqual(['x'])
    const unknown = await ask('AAAAAAAAAAAAAAAAAAAAAQ')
    expect(nameOf(unknown.responses[0]!.partitions[0]!.errorCode)).toBe('UNKNOWN_TOPIC_ID')
    const elsewhere = [{ topicId, partitions: [{ partition: 7, fetchOffset: 0, partitionMaxBytes: 1 }] }]
    const missing = await running.client.send(APIS.Fetch, { maxWaitMs: 0, minBytes: 1, topics: elsewhere })
    expect(nameOf(missing.responses[0]!.partitions[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  test('from the middle of a batch returns the whole batch', async () => {
    expect(await running.values('fetched', 0, 4)).toEqual(['in', 'the', 'middle'])
  })
  test('at the end returns nothing, beyond it and before the start an error', async () => {
    expect(await running.values('fetched', 0, 6)).toEqual([])
    await expect(running.values('fetched', 0, 7)).rejects.toThrow(String(ErrorCode.OFFSET_OUT_OF_RANGE))
    await expect(running.values('fetched', 0, -1)).rejects.toThrow(String(ErrorCode.OFFSET_OUT_OF_RANGE))
  })
  test('of a missing topic or partition is an error of that partition', async () => {
    await expect(running.values('missing')).rejects.toThrow(String(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    await expect(running.values('fetched', 7)).rejects.toThrow(String(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
  })

  const limits = [
    { what: 'the partition', partitionMaxBytes: () => 2 * batchBytes(), maxBytes: () => 1 << 20, batches: 2 },
    { what: 'the request', partitionMaxBytes: () => 1 << 20, maxBytes: () => 2 * batchBytes() + 5, batches: 2 },
    { what: 'nothing but progress', partitionMaxBytes: () => 0, maxBytes: () => 1, batches: 1 },
  ]
  test.each(limits)('is limited by $what', async ({ partitionMaxBytes, maxBytes, batches }) => {
    const request = fetchRequest('fetched', { partitionMaxBytes: partitionMaxBytes() }, { maxBytes: maxBytes() })
    const answer = await running.client.send(APIS.Fetch, request, 12)
    expect(valuesIn(answer.responses[0]!.partitions[0]!.records!, running.platform.codecs)).toHaveLength(batches)
  })
  test('gives one partition progress and the others what is left', async () => {
    await running.produce('fetched', running.batch(['other']), { partition: 1 })
    const asked = (partition: number) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 })
    const topics = [{ topic: 'fetched', partitions: [asked(0), asked(1)] }]
    const answer = await running.client.send(APIS.Fetch, { maxWaitMs: 0, minBytes: 1, maxBytes: 1, topics }, 12)
    const sizes = answer.responses[0]!.partitions.map(({ records }) => records!.length)
    expect(sizes).toEqual([batchBytes(), 0])
    expect(answer.responses[0]!.partitions[1]!.highWatermark).toBe(1)
  })

  const epochs = [
    { currentLeaderEpoch: -1, lastFetchedEpoch: -1, expected: 'NONE' },
    { currentLeaderEpoch: 0, lastFetchedEpoch: 0, expected: 'NONE' },
    { currentLeaderEpoch: 1, lastFetchedEpoch: -1, expected: 'UNKNOWN_LEADER_EPOCH' },
  ]
  test.each(epochs)('with leader epochs $currentLeaderEpoch/$lastFetchedEpoch: $expected', async row => {
    const { expected, ...epochsOf } = row
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1, ...epochsOf }]
    const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'fetched', partitions }] }
    const answer = await running.client.send(APIS.Fetch, request, 12)
    expect(nameOf(answer.responses[0]!.partitions[0]!.errorCode)).toBe(expected)
  })
  describe('in a session', () => {
    const inSession = (sessionId: number, sessionEpoch: number, topic: string, fetchOffset: number | null) => ({
      ...(fetchOffset === null ? { maxWaitMs: 0, minBytes: 1, topics: [] } : fetchRequest(topic, { fetchOffset })),
      sessionId,
      sessionEpoch,
    })
    test.each([7, 12])('v%i names only what changed', async version => {
      const topic = `session-${version}`
      await running.createTopic(topic)
      const send = (sessionId: number, epoch: number, fetchOffset: number | null) =>
        running.client.send(APIS.Fetch, inSession(sessionId, epoch, topic, fetchOffset), version)
      const first = await send(0, 0, 0)
      expect(first.responses).toHaveLength(1)
      expect(await send(first.sessionId, 1, null)).toMatchObject({ errorCode: 0, responses: [] })
      await running.produce(topic, running.batch(['new']))
      const { responses } = await send(first.sessionId, 2, null)
      expect(valuesIn(responses[0]!.partitions[0]!.records!, running.platform.codecs)).toEqual(['new'])
      expect(await send(first.sessionId, 3, 1)).toMatchObject({ sessionId: first.sessionId, responses: [] })
      expect(nameOf((await send(first.sessionId, 3, null)).errorCode)).toBe('INVALID_FETCH_SESSION_EPOCH')
      expect(nameOf((await send(first.sessionId, -1, null)).errorCode)).toBe('NONE')
      expect(nameOf((await send(first.sessionId, 4, null)).errorCode)).toBe('FETCH_SESSION_ID_NOT_FOUND')
    })
    test('v13 tells when the topic of an id has gone, and refuses names', async () => {
      const topicId = await running.createTopic('session-by-id')
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
      const whole = { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions }], sessionEpoch: 0 }
      const { sessionId } = await running.client.send(APIS.Fetch, whole)
      const next = { maxWaitMs: 0, minBytes: 1, topics: [], sessionId, sessionEpoch: 1 }
      expect(nameOf((await running.client.send(APIS.Fetch, next, 12)).errorCode)).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
      await running.client.send(APIS.DeleteTopics, { topicNames: ['session-by-id'], timeoutMs: 1 }, 5)
      const { responses } = await running.client.send(APIS.Fetch, next)
      expect(responses[0]).toMatchObject({ topicId, partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }] })
    })
  })
  test('v16 tells a client with an old leader epoch the present one', async () => {
    const topicId = await running.createTopic('deposed', 1, { 'flush.messages': '1000' })
    await running.produce('deposed', running.batch(['perhaps lost']))
    await running.crash()
    const ask = async (currentLeaderEpoch: number) => {
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1, currentLeaderEpoch }]
      return await running.client.send(APIS.Fetch, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions }] })
    }
    const { nodeEndpoints, responses } = await ask(0)
    const { errorCode, currentLeader } = responses[0]!.partitions[0]!
    expect([nameOf(errorCode), currentLeader]).toEqual(['FENCED_LEADER_EPOCH', { leaderId: 1, leaderEpoch: 1 }])
    expect(nodeEndpoints).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: running.broker.port }])
  })
  test('tells a client that read what is lost where the epochs part, in a session each time', async () => {
    await running.createTopic('diverged', 1, { 'flush.messages': '1000' })
    await running.produce('diverged', running.batch(['kept']))
    await running.crash()
    await running.produce('diverged', running.batch(['new']))
    const ask = async (sessionId: number, sessionEpoch: number, isWhole = true) => {
      const ahead = { partition: 0, fetchOffset: 2, lastFetchedEpoch: 0, currentLeaderEpoch: 1, partitionMaxBytes: 1 }
      const topics = isWhole ? [{ topic: 'diverged', partitions: [ahead] }] : []
      const request = { maxWaitMs: 20_000, minBytes: 1, topics, sessionId, sessionEpoch }
      return await running.client.send(APIS.Fetch, request, 12)
    }
    const { sessionId, responses } = await ask(0, 0)
    const diverged = { errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 1 } }
    expect(responses[0]!.partitions[0]).toMatchObject(diverged)
    expect((await ask(sessionId, 1, false)).responses[0]!.partitions[0]).toMatchObject(diverged)
  })

  describe('that waits', () => {
    const waitMs = 20_000
    test('returns when something was appended', async () => {
      await running.createTopic('awaited')
      const reader = await running.connect()
      const answered = reader.send(APIS.Fetch, fetchRequest('awaited', {}, { maxWaitMs: waitMs }), 12)
      await running.produce('awaited', running.batch(['came']))
      const { records } = (await answered).responses[0]!.partitions[0]!
      expect(valuesIn(records!, running.platform.codecs)).toEqual(['came'])
    })
    test('returns when there are enough bytes over all partitions', async () => {
      await running.createTopic('enough', 2)
      const reader = await running.connect()
      const asked = (partition: number) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 })
      const topics = [{ topic: 'enough', partitions: [asked(0), asked(1)] }]
      const minBytes = 2 * batchBytes()
      let isAnswered = false
      const answered = reader.send(APIS.Fetch, { maxWaitMs: waitMs, minBytes, topics }, 12).finally(() => {
        isAnswered = true
      })
      await running.produce('enough', running.batch(['first']))
      await running.produce('fetched', running.batch(['elsewhere']))
      expect(isAnswered).toBe(false)
      await running.produce('enough', running.batch(['2-nd.']), { partition: 1 })
      const { partitions } = (await answered).responses[0]!
      expect(partitions.map(({ records }) => valuesIn(records!, running.platform.codecs))).toEqual([
        ['first'],
        ['2-nd.'],
      ])
    })
    test('returns empty when its time is over', async () => {
      await running.createTopic('silent')
      const answer = await running.client.send(APIS.Fetch, fetchRequest('silent', {}, { maxWaitMs: 5 }), 12)
      expect(answer.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 })
    })
    test('returns when its topic is deleted', async () => {
      await running.createTopic('short-lived')
      const reader = await running.connect()
      const answered = reader.send(APIS.Fetch, fetchRequest('short-lived', {}, { maxWaitMs: waitMs }), 12)
      await running.client.send(APIS.DeleteTopics, { topicNames: ['short-lived'], timeoutMs: 1 }, 5)
      expect(nameOf((await answered).responses[0]!.partitions[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })
    test('does not wait with an error', async () => {
      const answer = await running.client.send(APIS.Fetch, fetchRequest('missing', {}, { maxWaitMs: waitMs }), 12)
      expect(nameOf(answer.responses[0]!.partitions[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })
    test('does not keep the broker from closing', async () => {
      const other = await RunningBroker.start()
      await other.createTopic('silent')
      const answered = other.client.send(APIS.Fetch, fetchRequest('silent', {}, { maxWaitMs: waitMs }), 12)
      await other
        .connect()
        .then(client => client.send(APIS.DescribeCluster, { includeClusterAuthorizedOperations: false }))
      await other.stop()
      await answered.catch(() => undefined)
    })
  })
})

describe('ListOffsets', () => {
  beforeAll(async () => {
    await running.createTopic('listed')
    const { RecordBatchBuilder: Builder } = await import('@millrace/protocol')
    for (const timestamps of [
      [1_000, 3_000, 2_000],
      [5_000, 4_000],
    ]) {
      const builder = new Builder({ compression: 'gzip' }, running.platform.codecs)
      for (const timestampMs of timestamps) builder.append({ key: null, value: null, timestampMs })
      await running.produce('listed', builder.build())
    }
  })
  const rows = [
    { timestamp: -1, expected: { offset: 5, timestamp: -1 } },
    { timestamp: -2, expected: { offset: 0, timestamp: -1 } },
    { timestamp: -3, expected: { offset: 3, timestamp: 5_000 } },
    { timestamp: -4, expected: { offset: 0, timestamp: -1 } },
    { timestamp: -5, expected: { offset: -1, timestamp: -1 } },
    { timestamp: -6, expected: { offset: -1, timestamp: -1 } },
    { timestamp: 0, expected: { offset: 0, timestamp: 1_000 } },
    { timestamp: 2_500, expected: { offset: 1, timestamp: 3_000 } },
    { timestamp: 3_001, expected: { offset: 3, timestamp: 5_000 } },
    { timestamp: 5_001, expected: { offset: -1, timestamp: -1 } },
  ]
  const ask = async (timestamp: number, version: number, partitionIndex = 0, isolationLevel = 0) => {
    const topics = [{ name: 'listed', partitions: [{ partitionIndex, timestamp }] }]
    const answer = await running.client.send(APIS.ListOffsets, { replicaId: -1, isolationLevel, topics }, version)
    return answer.topics[0]!.partitions[0]!
  }
  test.each(rows)('at $timestamp: $expected', async ({ timestamp, expected }) => {
    expect(await ask(timestamp, 11)).toMatchObject({ errorCode: 0, ...expected })
    expect(await ask(timestamp, 11, 0, 1)).toMatchObject({ errorCode: 0, ...expected })
  })
  test('speaks old versions, each with the timestamps it knows', async () => {
    expect(await ask(-1, 1)).toMatchObject({ errorCode: 0, offset: 5 })
    expect(nameOf((await ask(-3, 6)).errorCode)).toBe('UNSUPPORTED_VERSION')
    expect(nameOf((await ask(-99, 11)).errorCode)).toBe('UNSUPPORTED_VERSION')
    expect(nameOf((await ask(-1, 11, 5)).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('OffsetForLeaderEpoch', () => {
  test('tells where an epoch ends', async () => {
    await running.createTopic('epochs')
    await running.produce('epochs', running.batch(['a', 'b']))
    const ask = async (leaderEpoch: number, partition = 0, currentLeaderEpoch = -1) => {
      const topics = [{ topic: 'epochs', partitions: [{ partition, leaderEpoch, currentLeaderEpoch }] }]
      return (await running.client.send(APIS.OffsetForLeaderEpoch, { topics })).topics[0]!.partitions[0]!
    }
    expect(await ask(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 })
    expect(nameOf((await ask(0, 0, 4)).errorCode)).toBe('UNKNOWN_LEADER_EPOCH')
    expect(nameOf((await ask(0, 4)).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

describe('after a restart', () => {
  test.each(['restart', 'crash'] as const)('by %s everything acknowledged is there', async how => {
    const topic = `survives-${how}`
    const topicId = await running.createTopic(topic, 2, { 'retention.ms': '12345' })
    for (let index = 0; index < 20; index++) await running.produce(topic, running.batch([String(index)]))
    await running[how]()
    expect(await running.values(topic)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
    const described = await running.client.send(APIS.Metadata, { topics: [{ name: topic, topicId: ZERO_UUID }] })
    expect(described.topics[0]).toMatchObject({ topicId, partitions: [{}, {}] })
    expect(await running.produce(topic, running.batch(['next']))).toMatchObject({ errorCode: 0, baseOffset: 20 })
  })
  test('no handler has failed', () => {
    expect(running.bugs).toEqual([])
  })
})
