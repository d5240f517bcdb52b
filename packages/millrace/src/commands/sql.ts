import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { printEntity } from './sql-output.ts'
import { cellText, table } from './table.ts'

interface SqlOptions {
  readonly server: string
  readonly execute?: string
  readonly json?: boolean
}

export function addSql(program: Command): void {
  program
    .command('sql')
    .description('statements to a SQL server, typed or given')
    .option('--server <url>', 'of the SQL server', 'http://127.0.0.1:8088')
    .option('-e, --execute <statements>', 'run these and end')
    .option('--json', "print the server's own JSON")
    .action(sql)
}

async function sql({ server, execute, json }: SqlOptions): Promise<void> {
  const session = new SqlSession(server, json === true)
  if (execute !== undefined) {
    if (!(await session.run(execute))) process.exitCode = 1
    return
  }
  await session.repl()
}

/** Properties that SET changed live as long as the session. */
class SqlSession {
  private readonly properties: Record<string, string> = { 'auto.offset.reset': 'earliest' }

  constructor(
    private readonly server: string,
    private readonly json: boolean,
  ) {}

  async repl(): Promise<void> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: 'sql> ' })
    if (process.stdin.isTTY)
      console.log(`connected to ${this.server}; statements end with a semicolon, Ctrl-D ends the session`)
    terminal.prompt()
    let pending = ''
    for await (const line of terminal) {
      pending += `${line}\n`
      if (line.trimEnd().endsWith(';')) {
        await this.run(pending)
        pending = ''
      }
      terminal.setPrompt(pending.trim() === '' ? 'sql> ' : '  -> ')
      terminal.prompt()
    }
    if (pending.trim() !== '') await this.run(`${pending};`)
  }

  /** False when a statement failed; the ones after it are not sent. */
  async run(script: string): Promise<boolean> {
    for (const statement of splitStatements(script)) {
      const set = /^SET\s+'([^']*)'\s*=\s*'([^']*)'\s*;$/i.exec(statement)
      if (set !== null) {
        this.properties[set[1]!] = set[2]!
        continue
      }
      const done = /^\s*SELECT\b/i.test(statement) ? await this.query(statement) : await this.statement(statement)
      if (!done) return false
    }
    return true
  }

  private async statement(statement: string): Promise<boolean> {
    const response = await this.post('/ksql', { ksql: statement, streamsProperties: this.properties })
    const body = await response.json()
    if (!response.ok) return this.failed(body as ErrorBody)
    for (const entity of body as { '@type': string }[])
      console.log(this.json ? JSON.stringify(entity) : printEntity(entity))
    return true
  }

  private async query(statement: string): Promise<boolean> {
    const stop = new AbortController()
    const interrupt = (): void => stop.abort()
    process.once('SIGINT', interrupt)
    try {
      const response = await this.post('/query-stream', { sql: statement, properties: this.properties }, stop.signal)
      if (!response.ok) return this.failed((await response.json()) as ErrorBody)
      await this.printRows(response, /\bEMIT\s+CHANGES\b/i.test(statement))
    } catch (error) {
      if (!stop.signal.aborted) throw error
    } finally {
      process.off('SIGINT', interrupt)
    }
    return true
  }

  /** A query that ends is a table; one that goes on (EMIT CHANGES) prints rows as they come. */
  private async printRows(response: Response, goesOn: boolean): Promise<void> {
    let names: readonly string[] | undefined
    const rows: unknown[][] = []
    for await (const line of linesOf(response)) {
      if (this.json) console.log(line)
      else if (names === undefined) {
        names = (JSON.parse(line) as { columnNames: string[] }).columnNames
        if (goesOn) console.log(names.join(' | '))
      } else if (goesOn) console.log((JSON.parse(line) as unknown[]).map(cellText).join(' | '))
      else rows.push(JSON.parse(line) as unknown[])
    }
    if (names !== undefined && !goesOn) console.log(table(names, rows))
  }

  private post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    return fetch(new URL(path, this.server), {
      method: 'POST',
      headers: { 'Content-Type': 'application/vnd.ksql.v1+json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    }).catch(error => {
      if (signal?.aborted) throw error
      throw new Error(`no SQL server answers at ${this.server}: start one with millrace start`, { cause: error })
    })
  }

  private failed(body: ErrorBody): false {
    if (this.json) console.log(JSON.stringify(body))
    else console.error(`error: ${body.message}`)
    return false
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}

interface ErrorBody {
  readonly error_code: number
  readonly message: string
}

/** At semicolons outside quotes and comments. */
export function splitStatements(script: string): string[] {
  const statements: string[] = []
  let start = 0
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|--[^\n]*|\/\*[\s\S]*?\*\/|;/g
  for (let match = token.exec(script); match !== null; match = token.exec(script)) {
    if (match[0] !== ';') continue
    statements.push(script.slice(start, match.index + 1).trim())
    start = match.index + 1
  }
  const rest = script.slice(start).trim()
  if (rest !== '' && !rest.startsWith('--')) statements.push(rest.endsWith(';') ? rest : `${rest};`)
  return statements
}
