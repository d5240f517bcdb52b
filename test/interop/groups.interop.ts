/**
 * Kafka's own consumers in groups of this broker: the classic protocol, the new one (KIP-848) and both in one group, as
 * `kafka-consumer-groups` shows them; and `kafka-dump-log` on `__consumer_offsets`. `npm run interop:kafka` says where they are.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { Admin, Producer } from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { KafkaTool, kafkaTool } from './kafka-tool.ts'

const PARTITIONS = 4
const COOPERATIVE = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor'
const SETTLE_LIMIT_MS = 60_000

// A tool takes seconds to start, and a group is looked at several times.
vi.setConfig({ testTimeout: 240_000 })

let directory: string
let broker: Broker
let bootstrapServers: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-interop-groups-'))
  broker = await Broker.start({
    platform: realPlatform(),
    config: {
      'log.dirs': directory,
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'offsets.topic.num.partitions': 1,
      'group.initial.rebalance.delay.ms': 0,
      'group.consumer.min.heartbeat.interval.ms': 500,
      'group.consumer.heartbeat.interval.ms': 500,
    },
  })
  bootstrapServers = broker.bootstrapServers
  await using admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: 'orders', partitions: PARTITIONS }])
  await using producer = new Producer({ bootstrapServers })
  for (let partition = 0; partition < PARTITIONS; partition++)
    await producer.send({ topic: 'orders', partition, key: null, value: `order ${partition}` })
})
afterAll(async () => {
  await broker.close()
  rmSync(directory, { recursive: true })
})

/** The system tests' consumer: it prints what is assigned to it, and reads until it is stopped. */
function consumer(groupId: string, ...options: string[]): KafkaTool {
  const where = ['--bootstrap-server', bootstrapServers, '--topic', 'orders', '--group-id', groupId]
  return new KafkaTool('verifiable-consumer', [...where, ...options])
}
const modern = (groupId: string, ...options: string[]) => consumer(groupId, '--group-protocol', 'consumer', ...options)
const classic = (groupId: string) =>
  consumer(groupId, '--group-protocol', 'classic', '--assignment-strategy', COOPERATIVE)

/** Members as the tool shows them: `orders:0,2` and so on, in order, of those that have something. */
async function assignments(groupId: string): Promise<string[]> {
  const options = ['--bootstrap-server', bootstrapServers, '--describe', '--group', groupId, '--members', '--verbose']
  const printed = await kafkaTool('consumer-groups', ...options)
  return [...printed.matchAll(/(orders:[\d,]+)/g)].map(match => match[1]!)
}

/** Waits until the members have all partitions between them, each once, in as many parts. */
async function settled(groupId: string, memberCount: number): Promise<void> {
  const endMs = Date.now() + SETTLE_LIMIT_MS
  for (;;) {
    const parts = new Set(await assignments(groupId))
    const numbers = [...parts].flatMap(part => part.slice('orders:'.length).split(','))
    const all = Array.from({ length: PARTITIONS }, (_, partition) => String(partition))
    if (parts.size === memberCount && numbers.sort().join() === all.join()) return
    if (Date.now() > endMs) throw new Error(`${groupId} does not settle: ${[...parts].join(' ')}`)
  }
}

async function typeOf(groupId: string): Promise<string | undefined> {
  const printed = await kafkaTool('groups', '--bootstrap-server', bootstrapServers, '--list')
  return new RegExp(`^${groupId}\\s+(\\w+)`, 'm').exec(printed)?.[1]
}

test.each(['uniform', 'range'])('members of the new protocol share a topic by %s', async assignor => {
  const group = `shared-${assignor}`
  const first = modern(group, '--group-remote-assignor', assignor)
  const second = modern(group, '--group-remote-assignor', assignor)
  await settled(group, 2)
  expect(await typeOf(group)).toBe('Consumer')
  await second.stop()
  await settled(group, 1)
  await first.stop()
  // Whoever was there first has read the few records.
  expect(first.printed + second.printed).toMatch(/"name":"records_consumed"/)
})

test('a classic group is joined by a member of the new protocol, and is a classic one again when it leaves', async () => {
  const members = [classic('mixed'), classic('mixed')]
  await settled('mixed', 2)
  expect(await typeOf('mixed')).toBe('Classic')
  const joined = modern('mixed')
  await settled('mixed', 3)
  expect(await typeOf('mixed')).toBe('Consumer')
  await joined.stop()
  await settled('mixed', 2)
  expect(await typeOf('mixed')).toBe('Classic')
  for (const member of members) {
    await member.stop()
    // Nobody was shut out: a member that is has everything taken from it at once.
    expect(member.printed).not.toMatch(/partitions_lost|"name":"shutdown_error"/)
  }
})

test('kafka-dump-log reads the state of groups', async () => {
  await broker.close()
  const log = join(directory, '__consumer_offsets-0', '00000000000000000000.log')
  const printed = await kafkaTool('dump-log', '--files', log, '--offsets-decoder', '--deep-iteration')
  expect(printed).not.toMatch(/isvalid: false|Error|Unknown/)
  // Each kind of record is named by the number of its key: groups of both types, members, targets, assignments, offsets.
  const kinds = new Set([...printed.matchAll(/key: \{"type":"(\d+)"/g)].map(match => Number(match[1])))
  expect([...kinds].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})
