import { createInterface } from 'node:readline'
import { Producer, type RecordMetadata } from '@millrace/client'
import type { Command } from 'commander'
import { type BrokerOptions, clientOptions, withBroker } from './options.ts'

/** Records on their way at once: input is read no faster than the broker takes it. */
const MAX_IN_FLIGHT = 1_000

export function addProduce(program: Command): void {
  withBroker(program.command('produce <topic>').description('a record for each line of standard input'))
    .option('-K, --key-separator <text>', 'what stands before it in a line is the key')
    .option('--compression <codec>', 'none, gzip, snappy, lz4 or zstd', 'none')
    .action(produce)
}

async function produce(
  topic: string,
  options: BrokerOptions & { readonly keySeparator?: string; readonly compression: string },
): Promise<void> {
  const { json, keySeparator, compression } = options
  const { bootstrapServers, defaultApiTimeoutMs } = clientOptions(options)
  await using producer = new Producer({
    bootstrapServers,
    maxBlockMs: defaultApiTimeoutMs,
    compressionType: compression as 'none',
  })
  let sent: Promise<RecordMetadata>[] = []
  let count = 0
  const settle = async (): Promise<void> => {
    await producer.flush()
    for (const { partition, offset } of await Promise.all(sent))
      if (json) console.log(JSON.stringify({ topic, partition, offset }))
    count += sent.length
    sent = []
  }
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const at = keySeparator === undefined ? -1 : line.indexOf(keySeparator)
    const key = at < 0 ? null : line.slice(0, at)
    const value = at < 0 ? line : line.slice(at + (keySeparator as string).length)
    sent.push(producer.send({ topic, key, value }))
    if (sent.length >= MAX_IN_FLIGHT) await settle()
  }
  await settle()
  if (!json) console.log(`${count} record${count === 1 ? '' : 's'} to ${topic}`)
}
