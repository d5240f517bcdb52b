import { memoryNetwork, realPlatform } from '@millrace/platform'
import { expect, test } from 'vitest'
import { Producer } from '../../src/producer/producer.ts'

const MEGABYTE = 1024 * 1024

test('what waits for room in the buffer has a bound', async () => {
  const real = realPlatform()
  const platform = { ...real, network: memoryNetwork(real.timers) }
  const options = { bufferMemory: 2_000, maxRequestSize: 2 * MEGABYTE, bootstrapServers: 'nobody:9092', platform }
  const producer = new Producer(options)
  const value = Buffer.alloc(MEGABYTE)
  const outcomes = Array.from({ length: 260 }, () =>
    producer.send({ topic: 't', value }).then(
      () => 'sent',
      (error: { code: string }) => error.code,
    ),
  )
  expect(await outcomes[259]).toBe('BUFFER_EXHAUSTED')
  await producer.close({ timeoutMs: 0 })
  const codes = await Promise.all(outcomes)
  // One in the buffer, 256 MiB behind it.
  expect(codes.filter(code => code === 'CLOSED')).toHaveLength(257)
  expect(codes.filter(code => code === 'BUFFER_EXHAUSTED')).toHaveLength(3)
})
