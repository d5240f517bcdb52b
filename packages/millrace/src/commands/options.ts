import { type Command, InvalidArgumentError } from 'commander'

export function repeated(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

/** `name=value`; the value may hold more `=`. */
export function settingOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError(`${text} is not name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`${text} is not a whole number`)
  return Number(text)
}

export function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port > 65_535) throw new InvalidArgumentError(`${text} is not a port: 0 to 65535`)
  return port
}

/** Options every tool against a broker has. */
export function withBroker(command: Command): Command {
  return command
    .option('-b, --bootstrap-server <host:port,…>', 'brokers to start from', '127.0.0.1:9092')
    .option('--json', 'print JSON, an object a line')
}
export interface BrokerOptions {
  readonly bootstrapServer: string
  readonly json?: boolean
}

/** A person waits for the answer: a broker that is not there is told sooner than the library does. */
const PATIENCE_MS = 5_000

/** What every client of a tool is made with. */
export function clientOptions({ bootstrapServer }: BrokerOptions): {
  readonly bootstrapServers: string
  readonly defaultApiTimeoutMs: number
} {
  return { bootstrapServers: bootstrapServer, defaultApiTimeoutMs: PATIENCE_MS }
}
