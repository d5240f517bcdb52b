import { type CrashKind, Simulation } from '@millrace/platform'
import { ErrorCode, type MetadataRecordInput } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import { MetadataImage } from '../../src/metadata/metadata-image.ts'
import { MetadataLog } from '../../src/metadata/metadata-log.ts'
import { codecs, logConfig } from '../log/log-fixture.ts'

function idOf(name: string): string {
  return Buffer.from(name.padEnd(16)).toString('base64url')
}
function topicRecords(name: string, partitionCount = 1): MetadataRecordInput[] {
  const topicId = idOf(name)
  const replicas = { replicas: [1], isr: [1], removingReplicas: [], addingReplicas: [], directories: [] }
  return [
    { kind: 'TopicRecord', value: { name, topicId } },
    ...Array.from(
      { length: partitionCount },
      (_, partitionId): MetadataRecordInput => ({
        kind: 'PartitionRecord',
        value: { partitionId, topicId, leader: 1, leaderEpoch: 0, partitionEpoch: 0, ...replicas },
      }),
    ),
  ]
}
function configRecord(resourceName: string, name: string, value: string | null, resourceType = 2): MetadataRecordInput {
  return { kind: 'ConfigRecord', value: { resourceType, resourceName, name, value } }
}

describe('the image', () => {
  const imageOf = (...records: readonly MetadataRecordInput[]) => {
    const image = new MetadataImage()
    for (const record of records) image.replay(record)
    return image
  }

  test('knows topics by name and by id, with their partitions and settings', () => {
    const image = imageOf(
      ...topicRecords('orders', 3),
      configRecord('orders', 'retention.ms', '5'),
      configRecord('orders', 'segment.ms', '6'),
      configRecord('orders', 'retention.ms', null),
    )
    const expected = { name: 'orders', id: idOf('orders'), partitionCount: 3, configs: new Map([['segment.ms', '6']]) }
    expect(image.topics.get('orders')).toEqual(expected)
    expect(image.topicById(idOf('orders'))).toEqual(expected)
  })

  test('forgets a removed topic, whose name then is free', () => {
    const image = imageOf(...topicRecords('a.b'), { kind: 'RemoveTopicRecord', value: { topicId: idOf('a.b') } })
    expect([image.topics.size, image.topicById(idOf('a.b')), image.collidingTopic('a_b')]).toEqual([
      0,
      undefined,
      undefined,
    ])
  })

  test('knows which topic a name collides with', () => {
    const image = imageOf(...topicRecords('a.b'))
    expect(image.collidingTopic('a_b')?.name).toBe('a.b')
    expect(image.collidingTopic('a.b')?.name).toBe('a.b')
    expect(image.collidingTopic('a-b')).toBeUndefined()
  })

  test.each(['__proto__', 'constructor', 'toString'])('takes a topic named %s for any other', name => {
    const image = imageOf(...topicRecords(name), configRecord(name, name, 'x'))
    expect(image.topics.get(name)).toMatchObject({ name, partitionCount: 1 })
    expect(image.topics.get(name)!.configs.get(name)).toBe('x')
    expect(imageOf().topics.get(name)).toBeUndefined()
  })

  test('passes over records of what it does not know', () => {
    const image = imageOf(
      configRecord('missing', 'retention.ms', '5'),
      configRecord('1', 'num.partitions', '5', 4),
      { kind: 'RemoveTopicRecord', value: { topicId: idOf('missing') } },
      { kind: 'NoOpRecord', value: {} },
    )
    expect(image.topics.size).toBe(0)
  })

  test('gives producer ids in blocks that never go back', () => {
    const block = (nextProducerId: number): MetadataRecordInput => ({
      kind: 'ProducerIdsRecord',
      value: { brokerId: 1, nextProducerId },
    })
    expect(imageOf(block(1_000), block(2_000), block(500)).nextProducerId).toBe(2_000)
  })
})

describe('the log', () => {
  async function open(
    simulation: Simulation,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<{ logs: LogManager; metadata: MetadataLog }> {
    const config = logConfig({ 'log.dirs': '/data', ...settings })
    const logs = await LogManager.open(simulation.node('broker').platform, config)
    return { logs, metadata: await MetadataLog.open(logs) }
  }
  const create = (metadata: MetadataLog, name: string) =>
    metadata.change(image => {
      if (image.topics.has(name)) throw new Error(`${name} exists`)
      return { records: topicRecords(name, 2), result: image.topics.size }
    })

  test('decides one change after the other, each on what came of those before', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    await simulation.complete(
      (async () => {
        const { metadata } = await open(simulation)
        const results = await Promise.allSettled([
          create(metadata, 'a'),
          create(metadata, 'b'),
          create(metadata, 'a'),
          create(metadata, 'c'),
        ])
        expect(results.map(each => (each.status === 'fulfilled' ? each.value : 'refused'))).toEqual([
          0,
          1,
          'refused',
          2,
        ])
      })(),
    )
  })

  test('is kept, whatever retention topics have', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    await simulation.complete(
      (async () => {
        const retention = { 'log.retention.bytes': 0, 'log.retention.ms': 1, 'log.retention.check.interval.ms': 10 }
        const { logs, metadata } = await open(simulation, retention)
        await create(metadata, 'a')
        await logs.platform.timers.sleep(1_000)
        await logs.close()
        expect((await open(simulation)).metadata.image.topics.has('a')).toBe(true)
      })(),
    )
  })

  test('tells of each record after it is in the image', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    await simulation.complete(
      (async () => {
        const { metadata } = await open(simulation)
        const told: string[] = []
        const stop = metadata.onChange(record => told.push(`${record.kind} of ${metadata.image.topics.size}`))
        await create(metadata, 'a')
        await metadata.change(() => ({ records: [], result: undefined }))
        stop()
        await create(metadata, 'b')
        expect(told).toEqual(['TopicRecord of 1', 'PartitionRecord of 1', 'PartitionRecord of 1'])
      })(),
    )
  })

  test('refuses more changes than may wait', async () => {
    const simulation = new Simulation({ seed: 1, codecs })
    await simulation.complete(
      (async () => {
        const { metadata } = await open(simulation)
        const changes = Array.from({ length: 10_001 }, () => metadata.change(() => ({ records: [], result: 0 })))
        const last = changes.pop()!
        await expect(last).rejects.toMatchObject({ errorCode: ErrorCode.THROTTLING_QUOTA_EXCEEDED })
        await Promise.all(changes)
      })(),
    )
  })

  test('has after a crash every change that was answered, and no half of one', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const simulation = new Simulation({ seed, codecs })
      const node = simulation.node('broker')
      const random = simulation.random.split('crashes')
      const answered: string[] = []
      let sent = 0
      for (let round = 0; round < 4; round++) {
        if (!node.isUp) node.start()
        const kind: CrashKind = random.pick(['kill', 'power'])
        node.crashDuringWrite(kind, random.integer(60))
        let failure: unknown
        const work = async () => {
          const { metadata } = await open(simulation)
          const names = [...metadata.image.topics.keys()]
          expect(names).toEqual(expect.arrayContaining(answered))
          expect([...metadata.image.topics.values()].every(topic => topic.partitionCount === 2)).toBe(true)
          for (;;) {
            const name = `topic-${sent++}`
            await create(metadata, name)
            answered.push(name)
          }
        }
        work().catch(error => {
          failure = error
        })
        await simulation.run(() => !node.isUp || failure !== undefined)
        if (failure !== undefined) throw new Error(`seed ${seed}, round ${round}`, { cause: failure })
      }
    }
  })
})
