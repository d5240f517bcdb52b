import { expect, test } from 'vitest'
import { producerSettings } from '../../src/producer/producer-config.ts'

const settings = (options: object) => producerSettings({ bootstrapServers: 'b:1', ...options }, [])

test('the defaults are those of Kafka 4', () => {
  expect(settings({})).toMatchObject({
    acks: 'all',
    batchSize: 16_384,
    bufferMemory: 33_554_432,
    compressionType: 'none',
    deliveryTimeoutMs: 120_000,
    enableIdempotence: true,
    lingerMs: 5,
    maxBlockMs: 60_000,
    maxInFlightRequestsPerConnection: 5,
    maxRequestSize: 1_048_576,
    requestTimeoutMs: 30_000,
    retries: 2_147_483_647,
    retryBackoffMs: 100,
  })
})
test.each([
  [{ acks: 1 }, { enableIdempotence: false, acks: 1 }],
  [{ acks: '-1' }, { enableIdempotence: true, acks: 'all' }],
  [{ retries: 0 }, { enableIdempotence: false }],
  [{ maxInFlightRequestsPerConnection: 6 }, { enableIdempotence: false }],
  [{ requestTimeoutMs: 200_000 }, { deliveryTimeoutMs: 200_005 }],
  [{ lingerMs: 5 }, { alwaysLingers: true }],
  [{}, { alwaysLingers: false }],
])('%j yields %j', (options, expected) => {
  expect(settings(options)).toMatchObject(expected)
})
test.each([
  [{ enableIdempotence: true, acks: 1 }, 'enableIdempotence and acks'],
  [{ enableIdempotence: true, retries: 0 }, 'enableIdempotence and retries'],
  [{ enableIdempotence: true, maxInFlightRequestsPerConnection: 6 }, 'at most 5 requests'],
  [{ transactionalId: 't', enableIdempotence: false }, 'transactions need idempotence'],
  [{ transactionalId: 't', acks: 1 }, 'enableIdempotence and acks'],
  [{ transactionalId: 't', retries: 0 }, 'enableIdempotence and retries'],
  [{ transactionalId: 't', maxInFlightRequestsPerConnection: 6 }, 'at most 5 requests'],
  [{ deliveryTimeoutMs: 30_000 }, 'deliveryTimeoutMs and lingerMs and requestTimeoutMs'],
  [{ batchSize: 2_000_000 }, 'maxRequestSize is only 1048576'],
  [{ acks: 2 }, 'must be all, 0 or 1'],
  [{ lingerMs: -1 }, 'must be at least 0'],
  [{ compressionType: 'brotli' }, 'must be one of none, gzip, snappy, lz4, zstd'],
  [{ lingerMS: 5 }, 'there is no such option'],
])('%j is refused: %s', (options, message) => {
  expect(() => settings(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  expect(() => settings(options)).toThrow(message)
})
