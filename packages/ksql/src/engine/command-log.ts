/**
 * The command topic: every statement that changed the catalogue, in order. A start replays it; the catalogue has no other
 * store. One server writes it, so a command that is in the topic has happened.
 */
import { Admin, Consumer, Producer } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import type { Command } from '../analysis/statements.ts'

export interface LoggedCommand {
  /** As the user wrote it. */
  readonly statement: string
  /** Properties in force when it ran (`SET`, `streamsProperties`). */
  readonly streamsProperties: Readonly<Record<string, string>>
  readonly command: LoggableCommand
}
/** Inserted rows are data and do not go into the command topic. */
export type LoggableCommand =
  | Exclude<Command, { readonly kind: 'InsertValues' | 'Nothing' }>
  | { readonly kind: 'Terminate'; readonly queryId: string }

export class CommandLogError extends MillraceError {
  readonly code = 'COMMAND_LOG_UNREADABLE'
  constructor(topic: string, offset: number, options?: ErrorOptions) {
    super(`command ${offset} of ${topic} cannot be read: was it written by a newer version?`, options)
  }
}

export interface CommandLogOptions {
  readonly bootstrapServers: readonly string[] | string
  readonly topic: string
  readonly platform: Platform
}

const READ_WAIT_MS = 100
const FOREVER = '-1'

export class CommandLog implements AsyncDisposable {
  private constructor(
    private readonly topic: string,
    private readonly producer: Producer,
    private nextOffset: number,
  ) {}

  /** Creates the topic if need be and hands over what it holds, oldest first. Throws CommandLogError. */
  static async open(options: CommandLogOptions): Promise<{ log: CommandLog; commands: LoggedCommand[] }> {
    const { topic, bootstrapServers, platform } = options
    await using admin = new Admin({ bootstrapServers, platform })
    const exists = (await admin.listTopics({ includeInternal: true })).some(({ name }) => name === topic)
    if (!exists)
      await admin.createTopics([
        {
          name: topic,
          partitions: 1,
          configs: { 'cleanup.policy': 'delete', 'retention.ms': FOREVER, 'retention.bytes': FOREVER },
        },
      ])
    const commands = exists ? await readAll(options) : []
    const producer = new Producer({ bootstrapServers, platform, acks: 'all', lingerMs: 0 })
    return { log: new CommandLog(topic, producer, commands.length), commands }
  }

  /** Resolves with the command's number once it is durable. */
  async append(command: LoggedCommand): Promise<number> {
    const { offset } = await this.producer.send({
      topic: this.topic,
      partition: 0,
      key: JSON.stringify(command.command.kind),
      value: JSON.stringify(command),
    })
    this.nextOffset = offset + 1
    return offset
  }
  /** Number of the last command; −1 before the first. */
  get lastNumber(): number {
    return this.nextOffset - 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.producer.close()
  }
}

async function readAll({ topic, bootstrapServers, platform }: CommandLogOptions): Promise<LoggedCommand[]> {
  await using consumer = new Consumer({
    bootstrapServers,
    platform,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
  })
  const partition = { topic, partition: 0 }
  await consumer.assign([partition])
  const end = (await consumer.endOffsets([partition])).get(topic, 0) ?? 0
  const commands: LoggedCommand[] = []
  let position = 0
  while (position < end) {
    for (const batch of await consumer.poll({ maxWaitMs: READ_WAIT_MS })) {
      for (const { offset, value } of batch.records) commands.push(parseCommand(topic, offset, value))
      position = batch.nextOffset
    }
  }
  return commands
}

function parseCommand(topic: string, offset: number, value: Buffer | null): LoggedCommand {
  try {
    const command = JSON.parse(String(value)) as LoggedCommand
    if (typeof command.statement === 'string' && typeof command.command.kind === 'string') return command
  } catch (error) {
    throw new CommandLogError(topic, offset, { cause: error })
  }
  throw new CommandLogError(topic, offset)
}
