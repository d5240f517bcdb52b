import { Admin } from '@millrace/client'
import type { Command } from 'commander'
import { type BrokerOptions, clientOptions, repeated, settingOf, wholeNumber, withBroker } from './options.ts'
import { table } from './table.ts'

export function addTopics(program: Command): void {
  const topics = program.command('topics').description('list, describe, create and delete topics')
  withBroker(topics.command('list', { isDefault: true }).description('topics and their partitions'))
    .option('--internal', 'internal topics too')
    .action(list)
  withBroker(topics.command('describe <topic>').description('partitions, offsets and settings of a topic')).action(
    describe,
  )
  withBroker(topics.command('create <topic>').description('create a topic'))
    .option('-p, --partitions <number>', 'how many partitions', wholeNumber, 1)
    .option('--config <name=value>', 'a topic setting, repeatable', repeated, [])
    .action(create)
  withBroker(topics.command('delete <topic>').description('delete a topic and its data')).action(remove)
}

async function list(options: BrokerOptions & { readonly internal?: boolean }): Promise<void> {
  const { json, internal } = options
  await using admin = new Admin(clientOptions(options))
  const names = (await admin.listTopics({ includeInternal: internal === true })).map(({ name }) => name).sort()
  const described = names.length === 0 ? [] : [...(await admin.describeTopics(names)).values()]
  const rows = described
    .map(({ name, partitions }) => ({ topic: name, partitions: partitions.length }))
    .sort((a, b) => (a.topic < b.topic ? -1 : 1))
  if (json) for (const row of rows) console.log(JSON.stringify(row))
  else if (rows.length === 0) console.log('there are no topics: create one with millrace topics create <name>')
  else
    console.log(
      table(
        ['topic', 'partitions'],
        rows.map(row => [row.topic, row.partitions]),
      ),
    )
}

async function describe(topic: string, options: BrokerOptions): Promise<void> {
  await using admin = new Admin(clientOptions(options))
  const described = (await admin.describeTopics([topic])).get(topic)
  if (described === undefined) throw new Error(`there is no topic ${topic}`)
  const partitions = described.partitions.map(({ partition }) => ({ topic, partition }))
  const begin = await admin.listOffsets(partitions.map(partition => ({ ...partition, at: 'earliest' as const })))
  const end = await admin.listOffsets(partitions.map(partition => ({ ...partition, at: 'latest' as const })))
  const rows = partitions.map(({ partition }) => ({
    partition,
    begin: begin.get(topic, partition)?.offset ?? null,
    end: end.get(topic, partition)?.offset ?? null,
  }))
  if (options.json) console.log(JSON.stringify({ topic, topicId: described.topicId, partitions: rows }))
  else
    console.log(
      `${topic}, id ${described.topicId}\n\n${table(
        ['partition', 'begin', 'end'],
        rows.map(row => [row.partition, row.begin, row.end]),
      )}`,
    )
}

async function create(
  topic: string,
  options: BrokerOptions & { readonly partitions: number; readonly config: readonly string[] },
): Promise<void> {
  const { json, partitions, config } = options
  await using admin = new Admin(clientOptions(options))
  await admin.createTopics([{ name: topic, partitions, configs: Object.fromEntries(config.map(settingOf)) }])
  console.log(
    json
      ? JSON.stringify({ topic, partitions })
      : `created ${topic} with ${partitions} partition${partitions === 1 ? '' : 's'}`,
  )
}

async function remove(topic: string, options: BrokerOptions): Promise<void> {
  await using admin = new Admin(clientOptions(options))
  await admin.deleteTopics([topic])
  console.log(options.json ? JSON.stringify({ topic, deleted: true }) : `deleted ${topic}`)
}
