/** Brokers that are reached by IPv4, by IPv6, and by a name that stands for both. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@millrace/broker'
import { realPlatform } from '@millrace/platform'
import { afterEach, expect, test } from 'vitest'
import { Consumer } from '../../src/consumer/consumer.ts'
import { Producer } from '../../src/producer/producer.ts'

const platform = realPlatform()
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function brokerOn(host: string): Promise<Broker> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-address-'))
  const broker = await Broker.start({ platform, config: { 'log.dirs': directory, listeners: `PLAINTEXT://${host}:0` } })
  closers.push(
    () => rmSync(directory, { recursive: true }),
    () => broker.close(),
  )
  return broker
}

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['[::1]', '[::1]'],
  // Where the name stands for two addresses, one of them answers nobody.
  ['127.0.0.1', 'localhost'],
])('a broker on %s is reached as %s', async (listens, bootstrap) => {
  const broker = await brokerOn(listens)
  expect(broker.bootstrapServers).toBe(`${listens}:${broker.port}`)
  const bootstrapServers = `${bootstrap}:${broker.port}`
  await using producer = new Producer({ bootstrapServers })
  await producer.send({ topic: 'orders', value: 'a' })
  await using consumer = new Consumer({ bootstrapServers, autoOffsetReset: 'earliest' })
  consumer.assign([{ topic: 'orders', partition: 0 }])
  const [batch] = await consumer.poll({ maxWaitMs: 5_000 })
  expect(String(batch?.records[0]?.value)).toBe('a')
})
