import { growHeapGenerously, realPlatform } from '@millrace/platform'
import type { Command } from 'commander'
import { portNumber, repeated, settingOf } from './options.ts'

interface StartOptions {
  readonly dataDir: string
  readonly host: string
  readonly port: number
  readonly registryPort: number
  readonly sqlPort: number
  readonly serviceId: string
  readonly set: readonly string[]
}

export function addStart(program: Command): void {
  program
    .command('start')
    .description('broker, schema registry and SQL server in one process')
    .option('--data-dir <directory>', 'where the data are', 'millrace-data')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'of the broker; 0 takes a free one', portNumber, 9092)
    .option('--registry-port <port>', 'of the schema registry', portNumber, 8081)
    .option('--sql-port <port>', 'of the SQL server', portNumber, 8088)
    .option('--service-id <id>', 'names internal topics of SQL (ksql.service.id)', 'default_')
    .option('--set <name=value>', "a broker setting under Kafka's name, repeatable", repeated, [])
    .action(start)
}

async function start(options: StartOptions): Promise<void> {
  growHeapGenerously()
  // The servers are loaded here only: the tools start in a third of the time without them.
  const { AllInOne } = await import('../server/all-in-one.ts')
  const server = await AllInOne.start({
    platform: realPlatform(),
    dataDirectory: options.dataDir,
    host: options.host,
    brokerPort: options.port,
    registryPort: options.registryPort,
    sqlPort: options.sqlPort,
    brokerConfig: Object.fromEntries(options.set.map(settingOf)),
    serviceId: options.serviceId,
    onWarning: message => process.stderr.write(`${message}\n`),
  })
  const { bootstrapServers, registryUrl, sqlUrl } = server.addresses
  const stop = (signal: string): void => {
    process.stdout.write(`${signal}: stopping\n`)
    // A second signal does not wait.
    process.once('SIGTERM', () => process.exit(1))
    process.once('SIGINT', () => process.exit(1))
    server[Symbol.asyncDispose]().then(
      () => {
        process.stdout.write('stopped\n')
        process.exit(0)
      },
      error => {
        process.stderr.write(`${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
  process.stdout.write(
    `Millrace is ready after ${Math.round(process.uptime() * 1000)} ms, data in ${options.dataDir}

  broker            ${bootstrapServers}
  schema registry   ${registryUrl}
  SQL               ${sqlUrl}

Try:
  millrace topics create hello --bootstrap-server ${bootstrapServers}
  echo 'world' | millrace produce hello --bootstrap-server ${bootstrapServers}
  millrace sql --server ${sqlUrl} -e "CREATE STREAM hello (text STRING) WITH (KAFKA_TOPIC='hello', VALUE_FORMAT='KAFKA');"

`,
  )
}
