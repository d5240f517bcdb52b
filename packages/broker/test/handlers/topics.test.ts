import { APIS, ErrorCode, type InputOf, ZERO_UUID } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allHandlers } from '../../src/handlers/all-handlers.ts'
import type { BrokerServices } from '../../src/handlers/services.ts'
import { RunningBroker } from '../running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.start({ 'num.partitions': 2 })
})
afterAll(() => running.stop())

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)

type NewTopic = InputOf<typeof APIS.CreateTopics.request>['topics'][number]
const topic = (name: string, rest: Partial<NewTopic> = {}): NewTopic => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...rest,
})
const create = async (topics: NewTopic[], validateOnly = false, version = 7) =>
  (await running.client.send(APIS.CreateTopics, { topics, validateOnly }, version)).topics
const metadataOf = async (name: string, allowAutoTopicCreation = false) => {
  const request = { topics: [{ name, topicId: ZERO_UUID }], allowAutoTopicCreation }
  return (await running.client.send(APIS.Metadata, request)).topics[0]!
}

describe('ApiVersions', () => {
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }
  const served = [...allHandlers({} as BrokerServices).keys()].sort((a, b) => a - b)
  test.each([0, 1, 2, 3, 4])('v%i advertises what is served and nothing else', async version => {
    const { errorCode, apiKeys } = await running.client.send(APIS.ApiVersions, software, version)
    expect(errorCode).toBe(0)
    const keys = apiKeys.map(row => row.apiKey).sort((a, b) => a - b)
    expect(keys).toEqual(served)
    expect(apiKeys.find(row => row.apiKey === 0)).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 13 })
  })
  const names = [
    { clientSoftwareName: '', clientSoftwareVersion: '1' },
    { clientSoftwareName: 'my client', clientSoftwareVersion: '1' },
    { clientSoftwareName: 'x', clientSoftwareVersion: '-1' },
  ]
  test.each(names)('refuses the name "$clientSoftwareName" in version "$clientSoftwareVersion"', async name => {
    expect(nameOf((await running.client.send(APIS.ApiVersions, name)).errorCode)).toBe('INVALID_REQUEST')
  })
})

describe('CreateTopics', () => {
  test('makes topics that are there at once, with their id and settings', async () => {
    const [created] = await create([
      topic('made', { numPartitions: 3, configs: [{ name: 'retention.ms', value: '5' }] }),
    ])
    expect(created).toMatchObject({ errorCode: 0, numPartitions: 3, replicationFactor: 1 })
    expect(created!.configs!.find(row => row.name === 'retention.ms')).toMatchObject({ value: '5', configSource: 1 })
    expect(created!.configs!.find(row => row.name === 'cleanup.policy')).toMatchObject({
      value: 'delete',
      configSource: 5,
    })
    expect(await metadataOf('made')).toMatchObject({ topicId: created!.topicId, partitions: [{}, {}, {}] })
  })
  test.each([2, 3, 4, 5, 6, 7])('v%i, with the defaults of the broker', async version => {
    const name = `defaults-${version}`
    const [created] = await create([topic(name, { numPartitions: -1, replicationFactor: -1 })], false, version)
    expect(created).toMatchObject({ errorCode: 0, numPartitions: version < 5 ? -1 : 2 })
    expect((await metadataOf(name)).partitions).toHaveLength(2)
  })
  test('with validateOnly makes nothing', async () => {
    expect((await create([topic('only-checked')], true))[0]).toMatchObject({ errorCode: 0, numPartitions: 1 })
    expect(nameOf((await metadataOf('only-checked')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
  test('takes an assignment by hand', async () => {
    const assignments = [1, 0].map(partitionIndex => ({ partitionIndex, brokerIds: [1] }))
    const [created] = await create([topic('assigned', { numPartitions: -1, replicationFactor: -1, assignments })])
    expect(created).toMatchObject({ errorCode: 0, numPartitions: 2 })
  })

  const assigned = (...rows: [partitionIndex: number, ...brokerIds: number[]][]): Partial<NewTopic> => ({
    numPartitions: -1,
    replicationFactor: -1,
    assignments: rows.map(([partitionIndex, ...brokerIds]) => ({ partitionIndex, brokerIds })),
  })
  const configs = (name: string, value: string | null) => ({ configs: [{ name, value }] })
  const refused: [string, NewTopic, keyof typeof ErrorCode][] = [
    ['a name with a slash', topic('../x'), 'INVALID_TOPIC_EXCEPTION'],
    ['an empty name', topic(''), 'INVALID_TOPIC_EXCEPTION'],
    ['the name .', topic('.'), 'INVALID_TOPIC_EXCEPTION'],
    ['the name ..', topic('..'), 'INVALID_TOPIC_EXCEPTION'],
    ['a name of 250 characters', topic('x'.repeat(250)), 'INVALID_TOPIC_EXCEPTION'],
    ['a name with a null character', topic('a\0b'), 'INVALID_TOPIC_EXCEPTION'],
    ['a name that collides', topic('col.lides'), 'INVALID_TOPIC_EXCEPTION'],
    ['a name that is taken', topic('col_lides'), 'TOPIC_ALREADY_EXISTS'],
    ['the metadata log', topic('__cluster_metadata'), 'INVALID_REQUEST'],
    ['no partitions', topic('r', { numPartitions: 0 }), 'INVALID_PARTITIONS'],
    ['negative partitions', topic('r', { numPartitions: -2 }), 'INVALID_PARTITIONS'],
    ['too many partitions', topic('r', { numPartitions: 10_001 }), 'POLICY_VIOLATION'],
    ['no replicas', topic('r', { replicationFactor: 0 }), 'INVALID_REPLICATION_FACTOR'],
    ['more replicas than brokers', topic('r', { replicationFactor: 2 }), 'INVALID_REPLICATION_FACTOR'],
    ['an assignment and a count', topic('r', { ...assigned([0, 1]), numPartitions: 1 }), 'INVALID_REQUEST'],
    ['an assignment with a gap', topic('r', assigned([0, 1], [2, 1])), 'INVALID_REPLICA_ASSIGNMENT'],
    ['an assignment to a stranger', topic('r', assigned([0, 9])), 'INVALID_REPLICA_ASSIGNMENT'],
    ['an assignment to nobody', topic('r', assigned([0])), 'INVALID_REPLICA_ASSIGNMENT'],
    ['an unknown setting', topic('r', configs('no.such', '1')), 'INVALID_CONFIG'],
    ['an unknown setting of Object', topic('r', configs('__proto__', '1')), 'INVALID_CONFIG'],
    ['a bad value', topic('r', configs('retention.ms', 'long')), 'INVALID_CONFIG'],
    ['tiered storage', topic('r', configs('remote.storage.enable', 'true')), 'INVALID_CONFIG'],
    [
      'throttled replicas that are none',
      topic('r', configs('leader.replication.throttled.replicas', '1')),
      'INVALID_CONFIG',
    ],
    [
      'settings that contradict each other',
      topic('r', {
        configs: [{ name: 'max.compaction.lag.ms', value: '1' }, ...configs('min.compaction.lag.ms', '2').configs],
      }),
      'INVALID_CONFIG',
    ],
    ['no value', topic('r', configs('retention.ms', null)), 'INVALID_CONFIG'],
  ]
  beforeAll(async () => {
    await create([topic('col_lides')])
  })
  test.each(refused)('refuses %s', async (_what, asked, expected) => {
    const [before, answer, after] = await create([topic(`before ${expected}`), asked, topic(`after`)], true)
    expect(nameOf(answer!.errorCode)).toBe(expected)
    expect(answer!.errorMessage).toBeTruthy()
    expect([before!.errorCode, after!.errorCode]).toEqual([ErrorCode.INVALID_TOPIC_EXCEPTION, 0])
  })
  test('makes the good ones of a mixed request, and refuses one named twice', async () => {
    const answers = await create([topic('good'), topic('bad', { numPartitions: 0 }), topic('twice'), topic('twice')])
    expect(answers.map(row => [row.name, nameOf(row.errorCode)])).toEqual([
      ['good', 'NONE'],
      ['bad', 'INVALID_PARTITIONS'],
      ['twice', 'INVALID_REQUEST'],
    ])
    expect((await metadataOf('good')).errorCode).toBe(0)
  })
})

describe('Metadata', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])('v%i describes the node and a topic', async version => {
    await create([topic('seen')])
    const answer = await running.client.send(APIS.Metadata, { topics: [{ name: 'seen' }] }, version)
    const { port } = running.broker
    expect(answer.brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port }])
    expect(answer.topics[0]).toMatchObject({
      errorCode: 0,
      name: 'seen',
      partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }],
    })
    if (version >= 2) expect(answer.clusterId).toMatch(/^[\w-]{22}$/)
  })
  test('creates a missing topic if asked to and allowed', async () => {
    expect(nameOf((await metadataOf('new')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await metadataOf('new', true)).toMatchObject({ errorCode: 0, partitions: [{}, {}] })
    expect(nameOf((await metadataOf('../x', true)).errorCode)).toBe('INVALID_TOPIC_EXCEPTION')
    const strict = await RunningBroker.start({ 'auto.create.topics.enable': false })
    const { topics } = await strict.client.send(APIS.Metadata, { topics: [{ name: 'new' }] })
    expect(nameOf(topics[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await strict.stop()
  })
  test('creates a topic once for many who ask at the same time', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => running.connect()))
    const request = { topics: [{ name: 'at-once', topicId: ZERO_UUID }] }
    const answers = await Promise.all(clients.map(client => client.send(APIS.Metadata, request)))
    expect(new Set(answers.map(answer => answer.topics[0]!.topicId)).size).toBe(1)
    for (const answer of answers) expect(answer.topics[0]!.errorCode).toBe(0)
  })
  test('lists all topics on null, none on an empty list; v0 has only the empty list', async () => {
    const count = async (topics: null | [], version: number) =>
      (await running.client.send(APIS.Metadata, { topics }, version)).topics.length
    expect(await count(null, 13)).toBeGreaterThan(3)
    expect(await count([], 13)).toBe(0)
    expect(await count([], 0)).toBe(await count(null, 13))
  })
  test('finds topics by id', async () => {
    const [created] = await create([topic('with-id')])
    const ask = async (topicId: string) =>
      (await running.client.send(APIS.Metadata, { topics: [{ topicId, name: null }] })).topics[0]!
    expect(await ask(created!.topicId)).toMatchObject({ errorCode: 0, name: 'with-id' })
    expect(await ask('AAAAAAAAAAAAAAAAAAAAAQ')).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null })
  })
  test.each([10, 11])('v%d refuses topic ids, for which its answer has no place', async version => {
    const topics = [{ topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', name: null }, { name: 'named' }]
    const answer = await running.client.send(APIS.Metadata, { topics }, version)
    expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['', ErrorCode.INVALID_REQUEST],
      ['named', ErrorCode.INVALID_REQUEST],
    ])
  })
})

describe('DeleteTopics', () => {
  test.each([1, 2, 3, 4, 5])('v%i deletes by name', async version => {
    const name = `gone-${version}`
    await create([topic(name)])
    const remove = () => running.client.send(APIS.DeleteTopics, { topicNames: [name, '../x'], timeoutMs: 1 }, version)
    const codes = async () => (await remove()).responses.map(row => nameOf(row.errorCode))
    expect(await codes()).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await codes()).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'])
  })
  test('v6 deletes by name or by id, not by both and not by neither', async () => {
    const [first, second] = await create([topic('first'), topic('second')])
    const { responses } = await running.client.send(APIS.DeleteTopics, {
      topics: [
        { name: null, topicId: first!.topicId },
        { name: 'second', topicId: ZERO_UUID },
        { name: 'x', topicId: second!.topicId },
        { name: null, topicId: ZERO_UUID },
        { name: null, topicId: 'AAAAAAAAAAAAAAAAAAAABQ' },
      ],
      timeoutMs: 1,
    })
    expect(responses.map(row => [row.name, nameOf(row.errorCode)])).toEqual([
      ['first', 'NONE'],
      ['second', 'NONE'],
      ['x', 'INVALID_REQUEST'],
      [null, 'INVALID_REQUEST'],
      [null, 'UNKNOWN_TOPIC_ID'],
    ])
  })
  test('what is named twice is not deleted', async () => {
    await running.createTopic('doubted')
    const topicNames = ['doubted', 'doubted', 'missing']
    const { responses } = await running.client.send(APIS.DeleteTopics, { topicNames, timeoutMs: 1 }, 5)
    expect(responses.map(row => [row.name, nameOf(row.errorCode)])).toEqual([
      ['doubted', 'INVALID_REQUEST'],
      ['missing', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
    expect((await metadataOf('doubted')).errorCode).toBe(0)
  })
  test('a topic made again under the name starts empty, with another id', async () => {
    const before = await running.createTopic('again')
    await running.produce('again', running.batch(['old']))
    await running.client.send(APIS.DeleteTopics, { topicNames: ['again'], timeoutMs: 1 }, 5)
    expect(await running.createTopic('again')).not.toBe(before)
    expect(await running.values('again')).toEqual([])
    await running.restart()
    expect(await running.values('again')).toEqual([])
  })
})

describe('CreatePartitions', () => {
  const grow = async (name: string, count: number, assignments: { brokerIds: number[] }[] | null = null) => {
    const request = { topics: [{ name, count, assignments }], timeoutMs: 1, validateOnly: false }
    return nameOf((await running.client.send(APIS.CreatePartitions, request)).results[0]!.errorCode)
  }
  test('adds partitions that take records', async () => {
    await running.createTopic('growing')
    expect(await grow('growing', 3, [{ brokerIds: [1] }, { brokerIds: [1] }])).toBe('NONE')
    expect(await running.produce('growing', running.batch(['x']), { partition: 2 })).toMatchObject({ errorCode: 0 })
    expect(await grow('growing', 3)).toBe('INVALID_PARTITIONS')
    expect(await grow('growing', 5, [{ brokerIds: [1] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await grow('growing', 4, [{ brokerIds: [7] }])).toBe('INVALID_REPLICA_ASSIGNMENT')
    expect(await grow('missing', 4)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    const twice = [7, 8].map(count => ({ name: 'growing', count, assignments: null }))
    const request = { topics: twice, timeoutMs: 1, validateOnly: false }
    const { results } = await running.client.send(APIS.CreatePartitions, request)
    expect(results.map(row => nameOf(row.errorCode))).toEqual(['INVALID_REQUEST'])
    await running.restart()
    expect(await running.values('growing', 2)).toEqual(['x'])
  })
})

describe('DescribeConfigs and IncrementalAlterConfigs', () => {
  const TOPIC = 2
  const BROKER = 4
  const describeOne = async (resourceType: number, resourceName: string, configurationKeys: string[] | null = null) => {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    const request = { resources, includeSynonyms: true, includeDocumentation: true }
    return (await running.client.send(APIS.DescribeConfigs, request)).results[0]!
  }
  const settingOf = async (name: string, setting: string) => (await describeOne(TOPIC, name, [setting])).configs[0]!
  const alter = async (name: string, configOperation: number, setting: string, value: string | null, only = false) => {
    const configs = [{ name: setting, configOperation, value }]
    const resources = [{ resourceType: TOPIC, resourceName: name, configs }]
    const answer = await running.client.send(APIS.IncrementalAlterConfigs, { resources, validateOnly: only })
    return nameOf(answer.responses[0]!.errorCode)
  }

  test('every setting of a topic, with type, documentation and synonyms', async () => {
    await running.createTopic('described', 1, { 'retention.ms': '99' })
    const { errorCode, configs } = await describeOne(TOPIC, 'described')
    expect(errorCode).toBe(0)
    expect(configs.length).toBeGreaterThan(25)
    for (const { documentation, configType } of configs) expect(documentation && configType).toBeTruthy()
    expect(configs.find(row => row.name === 'retention.ms')).toMatchObject({
      value: '99',
      configSource: 1,
      configType: 5,
      synonyms: [
        { name: 'retention.ms', value: '99', source: 1 },
        { name: 'log.retention.hours', value: '168', source: 5 },
      ],
    })
  })
  test('no names ask for every setting', async () => {
    const all = await describeOne(TOPIC, 'described')
    expect((await describeOne(TOPIC, 'described', [])).configs).toEqual(all.configs)
  })
  test('every setting of the broker', async () => {
    const { configs } = await describeOne(BROKER, '1')
    const value = (name: string) => configs.find(row => row.name === name)
    expect(value('num.partitions')).toMatchObject({ value: '2', configSource: 4, readOnly: true })
    expect(value('auto.create.topics.enable')).toMatchObject({ value: 'true', configSource: 5, configType: 1 })
    expect(nameOf((await describeOne(BROKER, '2')).errorCode)).toBe('INVALID_REQUEST')
    expect(nameOf((await describeOne(TOPIC, 'missing')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(nameOf((await describeOne(TOPIC, '../x')).errorCode)).toBe('INVALID_TOPIC_EXCEPTION')
    expect(nameOf((await describeOne(99, 'x')).errorCode)).toBe('INVALID_REQUEST')
  })
  test.each([1, 2, 3, 4])('v%i answers', async version => {
    const resources = [{ resourceType: TOPIC, resourceName: 'described', configurationKeys: ['retention.ms'] }]
    const answer = await running.client.send(APIS.DescribeConfigs, { resources }, version)
    expect(answer.results[0]!.configs).toMatchObject([{ name: 'retention.ms', value: '99' }])
  })

  test('settings are set, taken away, and lists grow and shrink; it lasts', async () => {
    await running.createTopic('altered')
    expect(await alter('altered', 0, 'retention.ms', '7')).toBe('NONE')
    expect(await alter('altered', 2, 'cleanup.policy', 'compact')).toBe('NONE')
    expect(await settingOf('altered', 'cleanup.policy')).toMatchObject({ value: 'delete,compact', configSource: 1 })
    expect(await alter('altered', 3, 'cleanup.policy', 'delete')).toBe('NONE')
    await running.restart()
    expect(await settingOf('altered', 'retention.ms')).toMatchObject({ value: '7', configSource: 1 })
    expect(await settingOf('altered', 'cleanup.policy')).toMatchObject({ value: 'compact' })
    expect(await alter('altered', 1, 'retention.ms', null)).toBe('NONE')
    expect(await settingOf('altered', 'retention.ms')).toMatchObject({ value: '604800000', configSource: 5 })
  })
  test.each([0, 1, 2])('AlterConfigs v%i replaces all settings', async version => {
    const name = `replaced-${version}`
    await running.createTopic(name, 1, { 'retention.ms': '7' })
    const replace = async (configs: { name: string; value: string | null }[]) => {
      const request = { resources: [{ resourceType: TOPIC, resourceName: name, configs }], validateOnly: false }
      return nameOf((await running.client.send(APIS.AlterConfigs, request, version)).responses[0]!.errorCode)
    }
    expect(await replace([{ name: 'retention.bytes', value: '9' }])).toBe('NONE')
    expect(await settingOf(name, 'retention.bytes')).toMatchObject({ value: '9', configSource: 1 })
    expect(await settingOf(name, 'retention.ms')).toMatchObject({ configSource: 5 })
    expect(await replace([{ name: 'retention.bytes', value: null }])).toBe('INVALID_REQUEST')
    expect(await replace([{ name: 'no.such', value: '1' }])).toBe('INVALID_CONFIG')
    const twice = ['1', '2'].map(value => ({ name: 'retention.bytes', value }))
    expect(await replace(twice)).toBe('INVALID_REQUEST')
  })
  test('a changed setting holds for the next produce', async () => {
    await running.createTopic('tightened')
    expect(await alter('tightened', 0, 'max.message.bytes', '100')).toBe('NONE')
    const answer = await running.produce('tightened', running.batch(['x'.repeat(500)]))
    expect(nameOf(answer.errorCode)).toBe('MESSAGE_TOO_LARGE')
  })
  test('nonsense changes nothing', async () => {
    expect(await alter('altered', 0, 'no.such', '7')).toBe('INVALID_CONFIG')
    expect(await alter('altered', 0, 'retention.ms', 'x')).toBe('INVALID_CONFIG')
    expect(await alter('altered', 2, 'retention.ms', '7')).toBe('INVALID_CONFIG')
    expect(await alter('altered', 9, 'cleanup.policy', 'delete')).toBe('INVALID_REQUEST')
    expect(await alter('missing', 0, 'retention.ms', '7')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await alter('no/name', 0, 'retention.ms', '7')).toBe('INVALID_TOPIC_EXCEPTION')
    expect(await alter('', 0, 'retention.ms', '7')).toBe('INVALID_REQUEST')
    expect(await alter('altered', 0, 'retention.ms', '8', true)).toBe('NONE')
    expect(await settingOf('altered', 'retention.ms')).toMatchObject({ configSource: 5 })
  })
})

test('DescribeCluster names the node', async () => {
  const answer = await running.client.send(APIS.DescribeCluster, { includeClusterAuthorizedOperations: false })
  expect(answer).toMatchObject({ errorCode: 0, controllerId: 1, brokers: [{ brokerId: 1, port: running.broker.port }] })
  const controllers = { includeClusterAuthorizedOperations: false, endpointType: 2 }
  const other = await running.client.send(APIS.DescribeCluster, controllers)
  expect(nameOf(other.errorCode)).toBe('MISMATCHED_ENDPOINT_TYPE')
})

test('no handler has failed', () => {
  expect(running.bugs).toEqual([])
})
