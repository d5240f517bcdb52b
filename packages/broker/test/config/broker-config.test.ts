import { describe, expect, test } from 'vitest'
import { parseBrokerConfig } from '../../src/config/broker-config.ts'
import { advertisedAddress, listenAddress } from '../../src/config/listener.ts'

describe('settings of the broker', () => {
  test('have the defaults of Kafka, and take values and text', () => {
    const config = parseBrokerConfig({ 'num.partitions': '4', 'auto.create.topics.enable': false })
    expect(config).toMatchObject({
      'num.partitions': 4,
      'auto.create.topics.enable': false,
      'socket.request.max.bytes': 104_857_600,
      'offsets.topic.num.partitions': 50,
      'group.initial.rebalance.delay.ms': 3_000,
    })
  })
  const refused = [
    { 'no.such.setting': '1' },
    { 'num.partitions': '0' },
    { 'num.partitions': 'many' },
    { 'offsets.topic.segment.bytes': 65_536 },
    { 'group.min.session.timeout.ms': 10, 'group.max.session.timeout.ms': 5 },
    { 'socket.request.max.bytes': 2 ** 28 + 1 },
  ]
  test.each(refused)('%j is refused', input => {
    expect(() => parseBrokerConfig(input as never)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })
})

describe('listeners', () => {
  const rows = [
    { listeners: 'PLAINTEXT://127.0.0.1:9092', host: '127.0.0.1', advertised: '127.0.0.1' },
    { listeners: 'PLAINTEXT://:9092', host: '0.0.0.0', advertised: '127.0.0.1' },
    { listeners: 'PLAINTEXT://0.0.0.0:9092', host: '0.0.0.0', advertised: '127.0.0.1' },
    { listeners: 'PLAINTEXT://[::]:9092', host: '::', advertised: '127.0.0.1' },
    { listeners: 'PLAINTEXT://[::1]:9092', host: '::1', advertised: '::1' },
    { listeners: 'PLAINTEXT://my-host:9092', host: 'my-host', advertised: 'my-host' },
  ]
  test.each(rows)('$listeners listens on $host and advertises $advertised', ({ listeners, host, advertised }) => {
    const config = parseBrokerConfig({ listeners })
    expect(listenAddress(config)).toEqual({ host, port: 9092 })
    expect(advertisedAddress(config, { host, port: 1234 })).toEqual({ host: advertised, port: 1234 })
  })
  test('what is advertised can be set', () => {
    const config = parseBrokerConfig({ 'advertised.listeners': 'PLAINTEXT://broker.example:19092' })
    expect(advertisedAddress(config, { host: '0.0.0.0', port: 1 })).toEqual({ host: 'broker.example', port: 19_092 })
  })
  const refused = [
    '',
    '127.0.0.1:9092',
    'SSL://127.0.0.1:9092',
    'PLAINTEXT://a:1,PLAINTEXT://b:2',
    'PLAINTEXT://a:99999',
  ]
  test.each(refused)('%j is refused', listeners => {
    expect(() => listenAddress(parseBrokerConfig({ listeners }))).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    )
  })
})
