#!/usr/bin/env node
/**
 * The broker as a command: `millrace-broker [--data-dir DIR] [--port PORT] [--set NAME=VALUE]…`.
 * Prints `ready HOST:PORT` once clients are answered; SIGTERM or SIGINT stops it cleanly, a second one at once.
 */
import { parseArgs } from 'node:util'
import { growHeapGenerously, realPlatform } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import { Broker } from './broker.ts'

const USAGE = `usage: millrace-broker [options]

  --data-dir DIR     where the data are (log.dirs)
  --port PORT        where to listen on 127.0.0.1; 0 takes a free port (listeners)
  --set NAME=VALUE   any setting under Kafka's name, repeatable
`

function settingsOf(args: readonly string[]): Record<string, string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'data-dir': { type: 'string' },
      port: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    process.exit(0)
  }
  const settings: Record<string, string> = Object.create(null)
  for (const setting of values.set) {
    const [name = '', ...value] = setting.split('=')
    settings[name] = value.join('=')
  }
  if (values['data-dir'] !== undefined) settings['log.dirs'] = values['data-dir']
  if (values.port !== undefined) settings.listeners = `PLAINTEXT://127.0.0.1:${values.port}`
  return settings
}

async function main(): Promise<void> {
  let scanned = 0
  let cutOffBytes = 0
  const broker = await Broker.start({
    platform: realPlatform(),
    config: settingsOf(process.argv.slice(2)),
    onRecovery: ({ wasScanned, truncatedBytes }) => {
      if (wasScanned) scanned++
      cutOffBytes += truncatedBytes
    },
  })
  const stop = () => {
    // A timer that is left over must not keep a broker alive that has closed.
    broker.close().then(() => process.exit(), fail)
    process.once('SIGTERM', () => process.exit(1))
    process.once('SIGINT', () => process.exit(1))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (scanned > 0)
    process.stderr.write(`recovered ${scanned} partitions after an unclean stop, cut off ${cutOffBytes} bytes\n`)
  // Last: whoever waits for this may stop the broker at once.
  process.stdout.write(`ready ${broker.bootstrapServers}\n`)
}

function fail(error: unknown): void {
  // Our own errors say all in their message; anything else is a bug, whose place is worth knowing.
  const text = error instanceof MillraceError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`millrace-broker: ${text}\n`)
  process.exitCode = 1
}

growHeapGenerously()
main().catch(fail)
