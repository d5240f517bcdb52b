import { Consumer, type ConsumerRecord } from '@millrace/client'
import type { Command } from 'commander'
import { type BrokerOptions, clientOptions, wholeNumber, withBroker } from './options.ts'

interface ConsumeOptions extends BrokerOptions {
  readonly group?: string
  readonly fromBeginning?: boolean
  readonly exit?: boolean
  readonly limit?: number
}

export function addConsume(program: Command): void {
  withBroker(program.command('consume <topic>').description('prints the records of a topic'))
    .option('-g, --group <id>', 'as a member of this consumer group')
    .option('--from-beginning', 'from the first record instead of the next one')
    .option('-e, --exit', 'stop at the end of the topic')
    .option('-n, --limit <number>', 'stop after this many records', wholeNumber)
    .action(consume)
}

async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  const { json, group, fromBeginning, exit, limit = Number.POSITIVE_INFINITY } = options
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  await using consumer = new Consumer({
    ...clientOptions(options),
    autoOffsetReset: fromBeginning || exit ? 'earliest' : 'latest',
    ...(group === undefined ? { enableAutoCommit: false } : { groupId: group }),
  })
  const partitions = (await consumer.partitionsFor(topic)).map(({ partition }) => ({ topic, partition }))
  if (group === undefined) await consumer.assign(partitions)
  else await consumer.subscribe([topic])
  const ends = exit ? await consumer.endOffsets(partitions) : undefined
  const atEnd = async (): Promise<boolean> => {
    if (ends === undefined) return false
    for (const at of consumer.assignment())
      if ((await consumer.position(at)) < (ends.get(at.topic, at.partition) ?? 0)) return false
    return consumer.assignment().length > 0
  }
  let seen = 0
  while (!stop.signal.aborted && seen < limit && !(await atEnd())) {
    const batches = await consumer.poll({ maxWaitMs: 200, signal: stop.signal }).catch(error => {
      if (stop.signal.aborted) return []
      throw error
    })
    for (const { records } of batches)
      for (const record of records) {
        if (seen >= limit) break
        print(record, json === true)
        seen++
      }
  }
}

function print({ topic, partition, offset, timestampMs, key, value }: ConsumerRecord, json: boolean): void {
  const text = value === null ? null : value.toString()
  if (!json) return console.log(key === null ? (text ?? '') : `${key.toString()}\t${text ?? ''}`)
  console.log(JSON.stringify({ topic, partition, offset, timestampMs, key: key?.toString() ?? null, value: text }))
}
