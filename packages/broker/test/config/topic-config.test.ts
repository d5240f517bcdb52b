import { InvalidConfigError, LONG_MAX } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { dataDirectories } from '../../src/config/log-config.ts'
import { isTopicSetting, resolveTopicConfig, TOPIC_CONFIG, topicSettingValue } from '../../src/config/topic-config.ts'
import { logConfig } from '../log/log-fixture.ts'

/** What `kafka-configs --describe --all` of Apache Kafka 4.3.1 says of a topic without settings of its own. */
const KAFKA_DEFAULTS = `
cleanup.policy=delete
compression.gzip.level=-1
compression.lz4.level=9
compression.type=producer
compression.zstd.level=3
delete.retention.ms=86400000
file.delete.delay.ms=60000
flush.messages=9223372036854775807
flush.ms=9223372036854775807
follower.replication.throttled.replicas=
index.interval.bytes=4096
leader.replication.throttled.replicas=
local.retention.bytes=-2
local.retention.ms=-2
max.compaction.lag.ms=9223372036854775807
max.message.bytes=1048588
message.timestamp.after.max.ms=3600000
message.timestamp.before.max.ms=9223372036854775807
message.timestamp.type=CreateTime
min.cleanable.dirty.ratio=0.5
min.compaction.lag.ms=0
min.insync.replicas=1
preallocate=false
remote.log.copy.disable=false
remote.log.delete.on.disable=false
remote.storage.enable=false
retention.bytes=-1
retention.ms=604800000
segment.bytes=1073741824
segment.index.bytes=10485760
segment.jitter.ms=0
segment.ms=604800000
unclean.leader.election.enable=false`.trim()

const NO_OVERRIDES = new Map<string, string>()

test('a topic has the settings and defaults of Kafka, save that its records are synced before they are acknowledged', () => {
  const lines = Object.keys(TOPIC_CONFIG)
    .filter(isTopicSetting)
    .map(setting => `${setting}=${topicSettingValue(setting, NO_OVERRIDES, logConfig()).text}`)
  expect(lines).toEqual(KAFKA_DEFAULTS.replace('flush.messages=9223372036854775807', 'flush.messages=1').split('\n'))
})

describe('a setting', () => {
  test.each([
    { settings: {}, retentionMs: 604_800_000, source: 'log.retention.hours' },
    { settings: { 'log.retention.hours': 1 }, retentionMs: 3_600_000, source: 'log.retention.hours' },
    {
      settings: { 'log.retention.hours': 1, 'log.retention.minutes': 2 },
      retentionMs: 120_000,
      source: 'log.retention.minutes',
    },
    { settings: { 'log.retention.minutes': 2, 'log.retention.ms': 3 }, retentionMs: 3, source: 'log.retention.ms' },
    { settings: { 'log.retention.hours': -1 }, retentionMs: -1, source: 'log.retention.hours' },
  ])('comes from the first broker setting that is set: $source', ({ settings, retentionMs, source }) => {
    expect(topicSettingValue('retention.ms', NO_OVERRIDES, logConfig(settings))).toMatchObject({
      value: retentionMs,
      source: { name: source },
    })
  })

  test('of the topic itself wins', () => {
    const overrides = new Map([['retention.ms', '17']])
    expect(topicSettingValue('retention.ms', overrides, logConfig({ 'log.retention.ms': 3 }))).toEqual({
      value: 17,
      text: '17',
      source: 'topic',
    })
    expect(resolveTopicConfig(overrides, logConfig())['retention.ms']).toBe(17)
  })

  test('without a broker setting has its default', () => {
    expect(topicSettingValue('remote.storage.enable', NO_OVERRIDES, logConfig())).toMatchObject({ source: null })
  })

  test('reads the text forms of Kafka', () => {
    const overrides = new Map([
      ['cleanup.policy', 'compact, delete'],
      ['flush.messages', '9223372036854775807'],
      ['min.cleanable.dirty.ratio', '0.1'],
      ['preallocate', 'TRUE'],
    ])
    expect(resolveTopicConfig(overrides, logConfig())).toMatchObject({
      'cleanup.policy': ['compact', 'delete'],
      'flush.messages': LONG_MAX,
      'min.cleanable.dirty.ratio': 0.1,
      preallocate: true,
    })
  })

  test.each([
    ['no.such.setting', '1'],
    ['__proto__', '1'],
    ['retention.ms', 'soon'],
    ['retention.ms', '-2'],
    ['cleanup.policy', 'shred'],
    ['segment.bytes', '1000'],
    ['segment.bytes', '2147483648'],
    ['min.insync.replicas', '0'],
    ['compression.type', 'brotli'],
    ['message.timestamp.type', 'createtime'],
  ])('%s=%s is refused', (name, value) => {
    expect(() => resolveTopicConfig(new Map([[name, value]]), logConfig())).toThrow(InvalidConfigError)
  })
})

test('data directories are those of log.dirs, else that of log.dir', () => {
  expect(dataDirectories(logConfig({ 'log.dirs': '/a,/b', 'log.dir': '/c' }))).toEqual(['/a', '/b'])
  expect(dataDirectories(logConfig({ 'log.dir': '/c' }))).toEqual(['/c'])
})
