import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DataDirectoryInUseError, InconsistentDataDirectoryError } from '../../src/log/directory/data-directory.ts'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import { batchOf, logConfig, recordsIn, topicConfig } from './log-fixture.ts'
import { real } from './real-logs.ts'

const ORDERS = { topic: 'orders', topicId: 'b3JkZXJzb3JkZXJzb3JkZQ', partition: 0 }
const OTHER_ID = 'YW5vdGhlcmFub3RoZXJhbg'
const CONFIG = topicConfig({ 'file.delete.delay.ms': 0 })

let root: string
const opened: LogManager[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-logs-'))
})
afterEach(async () => {
  for (const logs of opened.splice(0)) await logs.close()
  rmSync(root, { recursive: true, force: true })
})

async function open(settings: Readonly<Record<string, unknown>> = {}): Promise<LogManager> {
  const logs = await LogManager.open(real, logConfig({ 'log.dirs': join(root, 'data'), ...settings }))
  opened.push(logs)
  return logs
}

describe('a data directory', () => {
  test('is held by one process at a time', async () => {
    const logs = await open()
    const refused = open()
    await expect(refused).rejects.toBeInstanceOf(DataDirectoryInUseError)
    await expect(refused).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', path: join(root, 'data') })
    await logs.close()
    await open()
  })

  test('keeps its identity in the format of Kafka', async () => {
    const logs = await open({ 'node.id': 4 })
    const [directory] = logs.directories
    const text = readFileSync(join(root, 'data/meta.properties'), 'utf8')
    expect(text.split('\n')).toEqual([
      '#',
      'node.id=4',
      `directory.id=${directory!.id}`,
      'version=1',
      `cluster.id=${logs.clusterId}`,
      '',
    ])
    await logs.close()
    const again = await open({ 'node.id': 4 })
    expect([again.clusterId, again.directories]).toEqual([logs.clusterId, logs.directories])
  })

  test('of another node, another cluster or without a whole identity is refused, and left unlocked', async () => {
    await (await open()).close()
    await expect(open({ 'node.id': 2 })).rejects.toBeInstanceOf(InconsistentDataDirectoryError)
    const elsewhere = join(root, 'elsewhere')
    await (await open({ 'log.dirs': elsewhere })).close()
    await expect(open({ 'log.dirs': [join(root, 'data'), elsewhere] })).rejects.toThrow(/belongs to cluster/)
    writeFileSync(join(elsewhere, 'meta.properties'), 'version=1\nnode.id=1\n')
    await expect(open({ 'log.dirs': elsewhere })).rejects.toThrow(/not complete/)
    await (await open()).close()
  })

  test('says whether it was closed cleanly', async () => {
    const logs = await open()
    await logs.openAll([{ ...ORDERS, config: CONFIG }])
    logs.get('orders', 0)!.append(batchOf({ values: ['a', 'b'] }), 1_000)
    await logs.close()
    expect(readFileSync(join(root, 'data/.kafka_cleanshutdown'), 'utf8')).toBe('{"version":0,"brokerEpoch":0}')
    for (const name of ['recovery-point-offset-checkpoint', 'replication-offset-checkpoint'])
      expect(readFileSync(join(root, 'data', name), 'utf8')).toBe('0\n1\norders 0 2\n')
    const again = await open()
    expect(again.wasCleanlyClosed).toBe(true)
    expect(existsSync(join(root, 'data/.kafka_cleanshutdown'))).toBe(false)
    again.halt()
    expect((await open()).wasCleanlyClosed).toBe(false)
  })

  test('is one of several, which share the partitions', async () => {
    const settings = { 'log.dirs': [join(root, 'a'), join(root, 'b')] }
    const partitions = [0, 1, 2, 3].map(partition => ({ ...ORDERS, partition, config: CONFIG }))
    const logs = await open(settings)
    await logs.openAll(partitions)
    for (const log of logs.logs()) log.append(batchOf({ values: [log.name] }), 1_000)
    await logs.close()
    const names = ['a', 'b'].map(name => readdirSync(join(root, name)).filter(entry => entry.startsWith('orders')))
    expect(names.map(list => list.length)).toEqual([2, 2])
    const again = await open(settings)
    await again.openAll(partitions)
    for (const { partition } of partitions)
      expect(await recordsIn(again.get('orders', partition)!)).toEqual([{ offset: 0, value: `orders-${partition}` }])
  })
})

describe('partitions', () => {
  const directories = () => readdirSync(join(root, 'data')).filter(name => name.startsWith('orders'))

  test('are created with what Kafka puts into a directory', async () => {
    const logs = await open()
    await logs.openAll([])
    logs.create(ORDERS, CONFIG)
    expect(readdirSync(join(root, 'data/orders-0'))).toEqual([
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ])
    expect(readFileSync(join(root, 'data/orders-0/partition.metadata'), 'utf8')).toBe(
      `version: 0\ntopic_id: ${ORDERS.topicId}`,
    )
    expect(readFileSync(join(root, 'data/orders-0/leader-epoch-checkpoint'), 'utf8')).toBe('0\n1\n0 0\n')
  })

  test('are opened with progress', async () => {
    const partitions = [0, 1, 2].map(partition => ({ ...ORDERS, partition, config: CONFIG }))
    const logs = await open()
    const told: string[] = []
    await logs.openAll(partitions, ({ partitionsDone, partitionCount, partition }) => {
      told.push(`${partitionsDone}/${partitionCount} ${partition}`)
    })
    expect(told).toEqual(['1/3 orders-0', '2/3 orders-1', '3/3 orders-2'])
  })

  test('that are deleted refuse everything at once and leave the disk', async () => {
    const logs = await open()
    await logs.openAll([{ ...ORDERS, config: CONFIG }])
    const log = logs.get('orders', 0)!
    log.append(batchOf({ values: ['a'] }), 1_000)
    const synced = expect(log.synced(1)).rejects.toThrow()
    logs.delete('orders', 0)
    await synced
    expect(logs.get('orders', 0)).toBeUndefined()
    expect(() => log.append(batchOf({ values: ['b'] }), 1_000)).toThrow()
    await expect.poll(directories).toEqual([])
  })

  test('that are deleted leave the checkpoints, so that a topic of the same name does not inherit from them', async () => {
    const checkpoint = () => readFileSync(join(root, 'data/recovery-point-offset-checkpoint'), 'utf8')
    const logs = await open()
    await logs.openAll([{ ...ORDERS, config: CONFIG }])
    expect(checkpoint()).toBe('0\n1\norders 0 0\n')
    logs.delete('orders', 0)
    await expect.poll(checkpoint).toBe('0\n0\n')
  })

  test('can be deleted and created anew, with the old files still there', async () => {
    const logs = await open()
    const config = topicConfig()
    await logs.openAll([{ ...ORDERS, config }])
    logs.get('orders', 0)!.append(batchOf({ values: ['old'] }), 1_000)
    logs.delete('orders', 0)
    logs.create({ ...ORDERS, topicId: OTHER_ID }, config)!.append(batchOf({ values: ['new'] }), 1_000)
    await logs.close()
    expect(directories()).toEqual(['orders-0', expect.stringMatching(/^orders-0\.[0-9a-f]{32}-delete$/)])
    const again = await open()
    await again.openAll([{ ...ORDERS, topicId: OTHER_ID, config }])
    expect(await recordsIn(again.get('orders', 0)!)).toEqual([{ offset: 0, value: 'new' }])
    expect(directories()).toEqual(['orders-0'])
  })

  test('of no topic are put aside, of a deleted topic removed', async () => {
    const logs = await open()
    const other = { ...ORDERS, topic: 'orders-of-others', topicId: OTHER_ID }
    await logs.openAll([ORDERS, other].map(identity => ({ ...identity, config: CONFIG })))
    await logs.close()
    const again = await open()
    again.retireTopics(new Set([OTHER_ID]))
    await again.openAll([])
    expect(directories()).toEqual([expect.stringMatching(/^orders-0\.[0-9a-f]{32}-stray$/)])
  })

  test('of another topic of the same name do not become those of this one', async () => {
    const logs = await open()
    await logs.openAll([{ ...ORDERS, config: CONFIG }])
    logs.get('orders', 0)!.append(batchOf({ values: ['old'] }), 1_000)
    await logs.close()
    const again = await open()
    await again.openAll([{ ...ORDERS, topicId: OTHER_ID, config: CONFIG }])
    expect(again.get('orders', 0)!.logEndOffset).toBe(0)
    expect(directories()).toEqual(['orders-0', expect.stringMatching(/-stray$/)])
  })
})
