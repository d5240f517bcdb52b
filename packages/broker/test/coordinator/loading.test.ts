import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realPlatform } from '@millrace/platform'
import { ErrorCode } from '@millrace/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseBrokerConfig } from '../../src/config/broker-config.ts'
import { GroupCoordinator } from '../../src/coordinator/group-coordinator.ts'
import { GroupLog } from '../../src/coordinator/group-log.ts'
import { newConsumerMember } from '../../src/groups/consumer/consumer-group.ts'
import {
  groupEpochRecord,
  memberRecord,
  patternRecord,
  targetRecord,
} from '../../src/groups/consumer/consumer-group-records.ts'
import { LogManager } from '../../src/log/directory/log-manager.ts'
import { MetadataLog } from '../../src/metadata/metadata-log.ts'
import { Topics } from '../../src/topics/topics.ts'

const platform = realPlatform()
const member = { memberId: 'm', groupInstanceId: null, generationId: 1 }
const simple = { memberId: '', groupInstanceId: null, generationId: -1, apiVersion: 9 }

let directory: string
let bugs: unknown[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-groups-'))
  bugs = []
})
afterEach(() => rmSync(directory, { recursive: true }))

async function open() {
  const config = parseBrokerConfig({ 'log.dirs': directory, 'offsets.topic.num.partitions': 2 })
  const logs = await LogManager.open(platform, config)
  const metadata = await MetadataLog.open(logs)
  const topics = new Topics(metadata, logs, config, platform.random)
  await logs.openAll(topics.partitions())
  const log = new GroupLog(topics, config, platform)
  const groups = new GroupCoordinator(
    log,
    config,
    () => metadata.image,
    platform,
    error => bugs.push(error),
  )
  const close = async () => {
    groups.close()
    await logs.close()
  }
  return { groups, log, topics, close }
}
const commitOf = (topicId: string) => ({
  topic: 't',
  topicId,
  partition: 0,
  offset: 5,
  leaderEpoch: -1,
  metadata: 'm'.repeat(4_000),
  expireTimestampMs: -1,
})

test('while a partition is replayed, requests for its groups are put off as Kafka does', async () => {
  const first = await open()
  await first.groups.ensureAvailable()
  const { id } = first.topics.get('__consumer_offsets')!
  expect(await first.groups.commit('g', simple, [commitOf(id)])).toBe(ErrorCode.NONE)
  await first.close()

  const second = await open()
  const loaded = second.groups.load()
  expect(second.groups.isLoading).toBe(true)
  expect(second.groups.offsetsOf('g', null, -1).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  expect(await second.groups.commit('g', simple, [commitOf(id)])).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  await loaded
  expect(second.groups.isLoading).toBe(false)
  expect(second.groups.offsetsOf('g', null, -1).offsets?.get('t', 0)).toMatchObject({ offset: 5 })

  // A second replay, to ask what members are told meanwhile.
  const again = second.groups.load()
  const heartbeat = second.groups.members.heartbeat('g', member)
  const synced = second.groups.members.sync('g', { ...member, protocolType: null, protocolName: null, assignments: [] })
  expect(await heartbeat).toBe(ErrorCode.NONE)
  expect((await synced).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS)
  await again
  await second.close()
  expect(bugs).toEqual([])
})

test('a commit larger than a batch may be is spread over several', async () => {
  const { groups, topics, close } = await open()
  await groups.ensureAvailable()
  const { id } = topics.get('__consumer_offsets')!
  const offsets = Array.from({ length: 600 }, (_, partition) => ({ ...commitOf(id), partition }))
  expect(await groups.commit('g', simple, offsets)).toBe(ErrorCode.NONE)
  await close()
  const second = await open()
  await second.groups.load()
  const partitions = [...second.groups.offsetsOf('g', null, -1).offsets!.topics()][0]![1]
  expect(partitions.size).toBe(600)
  await second.close()
})

test('a compacted log may have what belongs to a group before the group itself', async () => {
  const first = await open()
  await first.groups.ensureAvailable()
  const records = [
    targetRecord('g', 'm', new Map([['AAAAAAAAAAAAAAAAAAAAAg', new Set([0])]])),
    patternRecord('g', 'o.*', { topics: new Set(['orders']), catalogueVersion: 1, resolvedMs: 1 }),
    groupEpochRecord('g', 7, 0n),
    memberRecord('g', { ...newConsumerMember('m'), pattern: 'o.*' }),
  ]
  await first.log.append('g', records).durable
  await first.log.append('gone', [targetRecord('gone', 'm', new Map())]).durable
  await first.close()

  const second = await open()
  await second.groups.load()
  expect(second.groups.describe('g').group).toMatchObject({
    groupEpoch: 7,
    targets: new Map([['m', new Map([['AAAAAAAAAAAAAAAAAAAAAg', new Set([0])]])]]),
    patterns: new Map([['o.*', { topics: new Set(['orders']) }]]),
  })
  expect([...second.groups.groups()]).toHaveLength(1)
  await second.close()
})

test('without the topic there is no coordinator', async () => {
  const { groups, close } = await open()
  expect(await groups.members.heartbeat('g', member)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  expect(await groups.commit('g', simple, [])).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  await close()
})
