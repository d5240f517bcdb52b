#!/usr/bin/env node
/** `millrace`: the all-in-one server and the tools. */
import { Command } from 'commander'
import { addConsume } from './commands/consume.ts'
import { addDumpLog } from './commands/dump-log.ts'
import { addProduce } from './commands/produce.ts'
import { addRegistry } from './commands/registry.ts'
import { addSql } from './commands/sql.ts'
import { addStart } from './commands/start.ts'
import { addTopics } from './commands/topics.ts'
import { explain } from './explain-error.ts'
import { VERSION } from './version.ts'

const program = new Command('millrace')
  .description('Kafka, Kafka Streams, ksqlDB and the Schema Registry in one process')
  .version(VERSION)
addStart(program)
addSql(program)
addTopics(program)
addProduce(program)
addConsume(program)
addRegistry(program)
addDumpLog(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`millrace: ${explain(error)}\n`)
  process.exit(1)
}
