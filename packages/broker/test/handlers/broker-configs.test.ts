/** Settings of the broker that change while it runs (KIP-226), and who else has settings. */
import { APIS, ErrorCode } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigResource } from '../../src/metadata/config-resource.ts'
import { RunningBroker } from '../running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.start({ 'log.retention.bytes': '777', 'max.connections': 50 })
  await running.createTopic('inherits')
  await running.createTopic('own', 1, { 'retention.ms': '5' })
})
afterAll(() => running.stop())

const nameOf = (code: number) =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)

const SET = 0
const DELETE = 1
const APPEND = 2

interface Change {
  readonly name: string
  readonly value?: string | null
  readonly operation?: number
}
const alter = async (
  resourceName: string,
  changes: readonly Change[],
  resourceType: number = ConfigResource.broker,
) => {
  const configs = changes.map(({ name, value = null, operation = SET }) => ({
    name,
    value,
    configOperation: operation,
  }))
  const resources = [{ resourceType, resourceName, configs }]
  const { responses } = await running.client.send(APIS.IncrementalAlterConfigs, { resources, validateOnly: false })
  return nameOf(responses[0]!.errorCode)
}
const describeOne = async (resourceType: number, resourceName: string, configurationKeys: string[] | null = null) => {
  const resources = [{ resourceType, resourceName, configurationKeys }]
  return (await running.client.send(APIS.DescribeConfigs, { resources, includeSynonyms: true })).results[0]!
}
const settingOf = async (type: number, resource: string, setting: string) =>
  (await describeOne(type, resource, [setting])).configs[0]

describe('a dynamic setting', () => {
  test('of this broker is stronger than that of all, and topics inherit it', async () => {
    expect(await alter('', [{ name: 'log.retention.ms', value: '7000' }])).toBe('NONE')
    expect(await alter('1', [{ name: 'log.retention.ms', value: '5000' }])).toBe('NONE')
    const synonyms = [
      { name: 'log.retention.ms', value: '5000', source: 2 },
      { name: 'log.retention.ms', value: '7000', source: 3 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ]
    const expected = { value: '5000', configSource: 2, readOnly: false, synonyms }
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.ms')).toMatchObject(expected)
    expect(await settingOf(ConfigResource.topic, 'inherits', 'retention.ms')).toMatchObject({ ...expected, synonyms })
    expect(await settingOf(ConfigResource.topic, 'own', 'retention.ms')).toMatchObject({ value: '5', configSource: 1 })
    expect((await describeOne(ConfigResource.broker, '')).configs).toMatchObject([
      { name: 'log.retention.ms', value: '7000', configSource: 3 },
    ])
  })
  test('lasts, and is gone when it is taken away', async () => {
    await running.restart()
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.ms')).toMatchObject({ value: '5000' })
    expect(await alter('1', [{ name: 'log.retention.ms', operation: DELETE }])).toBe('NONE')
    expect(await settingOf(ConfigResource.topic, 'inherits', 'retention.ms')).toMatchObject({ value: '7000' })
    expect(await alter('', [{ name: 'log.retention.ms', operation: DELETE }])).toBe('NONE')
    const unset = { value: null, configSource: 5, synonyms: [] }
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.ms')).toMatchObject(unset)
    expect(await settingOf(ConfigResource.topic, 'inherits', 'retention.ms')).toMatchObject({ value: '604800000' })
  })
  test('falls back to what the broker was started with', async () => {
    const started = { name: 'log.retention.bytes', value: '777', source: 4 }
    expect(await alter('', [{ name: 'log.retention.bytes', value: '888' }])).toBe('NONE')
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.bytes')).toMatchObject({
      value: '888',
      synonyms: [{ value: '888', source: 3 }, started, { value: '-1', source: 5 }],
    })
    expect(await alter('', [{ name: 'log.retention.bytes', operation: DELETE }])).toBe('NONE')
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.bytes')).toMatchObject({ value: '777' })
  })
  test('takes effect at once', async () => {
    const refusal = async () => nameOf((await running.produce('inherits', running.batch(['x'.repeat(500)]))).errorCode)
    expect(await alter('1', [{ name: 'message.max.bytes', value: '100' }])).toBe('NONE')
    expect(await refusal()).toBe('MESSAGE_TOO_LARGE')
    expect(await alter('1', [{ name: 'message.max.bytes', operation: DELETE }])).toBe('NONE')
    expect(await refusal()).toBe('NONE')
    expect(await alter('', [{ name: 'max.connections', value: '1' }])).toBe('NONE')
    await (await running.connect()).closed
    expect(await alter('', [{ name: 'max.connections', operation: DELETE }])).toBe('NONE')
  })
  test('that is a list grows', async () => {
    expect(await alter('', [{ name: 'log.cleanup.policy', value: 'compact', operation: APPEND }])).toBe('NONE')
    expect(await settingOf(ConfigResource.topic, 'inherits', 'cleanup.policy')).toMatchObject({
      value: 'delete,compact',
      configSource: 3,
    })
    expect(await alter('', [{ name: 'log.cleanup.policy', operation: DELETE }])).toBe('NONE')
  })

  const refused: [what: string, resource: string, change: Change, expected: keyof typeof ErrorCode][] = [
    ['a setting that is read at start only', '1', { name: 'node.id', value: '3' }, 'INVALID_REQUEST'],
    ['an unknown setting', '1', { name: 'no.such', value: '3' }, 'INVALID_REQUEST'],
    ['a setting of Object', '1', { name: '__proto__', value: '3' }, 'INVALID_REQUEST'],
    ['a bad value', '', { name: 'log.retention.ms', value: 'x' }, 'INVALID_REQUEST'],
    ['no value', '', { name: 'log.retention.ms' }, 'INVALID_REQUEST'],
    ['another broker', '2', { name: 'log.retention.ms', value: '1' }, 'INVALID_REQUEST'],
    ['a name that is no broker', 'x', { name: 'log.retention.ms', value: '1' }, 'INVALID_REQUEST'],
    ['a list that is none', '1', { name: 'log.retention.ms', value: '1', operation: APPEND }, 'INVALID_CONFIG'],
  ]
  test.each(refused)('is not changed by %s', async (_, resource, change, expected) => {
    expect(await alter(resource, [change])).toBe(expected)
  })
  test('is replaced with all others by AlterConfigs', async () => {
    await alter('1', [{ name: 'log.retention.ms', value: '1' }])
    const replace = async (configs: { name: string; value: string }[]) => {
      const resources = [{ resourceType: ConfigResource.broker, resourceName: '1', configs }]
      await running.client.send(APIS.AlterConfigs, { resources, validateOnly: false })
    }
    await replace([{ name: 'log.roll.ms', value: '4000' }])
    expect(await settingOf(ConfigResource.broker, '1', 'log.retention.ms')).toMatchObject({ value: null })
    expect(await settingOf(ConfigResource.broker, '1', 'log.roll.ms')).toMatchObject({ value: '4000' })
    await replace([])
  })
})

test('every setting of the broker has a type and says what it is', async () => {
  const resources = [{ resourceType: ConfigResource.broker, resourceName: '1', configurationKeys: null }]
  const { results } = await running.client.send(APIS.DescribeConfigs, { resources, includeDocumentation: true })
  for (const { documentation, configType } of results[0]!.configs) expect(documentation && configType).toBeTruthy()
  const readOnly = new Map(results[0]!.configs.map(row => [row.name, row.readOnly]))
  expect([readOnly.get('node.id'), readOnly.get('log.retention.ms'), readOnly.get('log.retention.hours')]).toEqual([
    true,
    false,
    true,
  ])
})

test('a resource that is named twice is not changed at all', async () => {
  const resource = { resourceType: ConfigResource.broker, resourceName: '', configs: [] }
  const request = { resources: [resource, resource], validateOnly: false }
  const { responses } = await running.client.send(APIS.IncrementalAlterConfigs, request)
  expect(responses.map(row => nameOf(row.errorCode))).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
})

test('there are no loggers, and nothing else that has settings', async () => {
  expect(await describeOne(ConfigResource.brokerLogger, '1')).toMatchObject({ errorCode: 0, configs: [] })
  const level = [{ name: 'root', value: 'INFO' }]
  expect(await alter('1', level, ConfigResource.brokerLogger)).toBe('INVALID_CONFIG')
  expect(await alter('2', level, ConfigResource.brokerLogger)).toBe('INVALID_REQUEST')
  expect(await alter('1', level, 99)).toBe('INVALID_REQUEST')
  expect(nameOf((await describeOne(99, 'x')).errorCode)).toBe('INVALID_REQUEST')
})

test('ListConfigResources names what has settings', async () => {
  const list = async (resourceTypes: number[]) => {
    const { errorCode, configResources } = await running.client.send(APIS.ListConfigResources, { resourceTypes })
    return errorCode === 0 ? configResources.map(row => `${row.resourceType} ${row.resourceName}`) : nameOf(errorCode)
  }
  expect(await list([])).toEqual(['2 inherits', '2 own', '4 1', '8 1'])
  expect(await list([ConfigResource.topic])).toEqual(['2 inherits', '2 own'])
  expect(await list([99])).toBe('UNSUPPORTED_VERSION')
  expect((await running.client.send(APIS.ListConfigResources, {}, 0)).configResources).toEqual([])
})

test('no handler has failed', () => {
  expect(running.bugs).toEqual([])
})
