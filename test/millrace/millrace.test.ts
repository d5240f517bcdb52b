import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildMillrace, eventually, millrace, RunningMillrace, Server } from './millrace-process.ts'

const ORDER_SCHEMA = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'customer', type: 'string' },
    { name: 'amount', type: 'int' },
  ],
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-'))
const data = join(directory, 'data')
let server: Server

beforeAll(async () => {
  await buildMillrace()
  server = await Server.start(data)
}, 60_000)
afterAll(async () => {
  await server.process.stop('SIGKILL')
  rmSync(directory, { recursive: true })
})

function fileOf(name: string, content: unknown): string {
  const path = join(directory, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}
const broker = (): string[] => ['--bootstrap-server', server.broker]
const registry = (): string[] => ['--url', server.registry]
const sql = (statements: string): string[] => ['sql', '--server', server.sql, '-e', statements]

describe('commands', () => {
  test('start says where everything is and what to try next', () => {
    expect(server.process.stdout).toMatch(
      /^Millrace is ready after \d+ ms, data in .*\n\n {2}broker +127\.0\.0\.1:\d+\n/,
    )
    expect(server.process.stdout.match(/^ {2}(?:echo .*\| )?millrace .*/gm)).toHaveLength(3)
  })

  test('topics are created, listed, described and deleted', async () => {
    expect(await millrace(['topics', 'create', 'orders', '-p', '2', ...broker()])).toEqual({
      exitCode: 0,
      stdout: 'created orders with 2 partitions\n',
      stderr: '',
    })
    await millrace(['topics', 'create', 'gone', '--json', ...broker()])
    expect((await millrace(['topics', 'delete', 'gone', ...broker()])).stdout).toBe('deleted gone\n')
    expect((await millrace(['topics', ...broker()])).stdout).toMatch(/^orders +2$/m)
    const described = JSON.parse((await millrace(['topics', 'describe', 'orders', '--json', ...broker()])).stdout)
    expect(described.partitions).toEqual([
      { partition: 0, begin: 0, end: 0 },
      { partition: 1, begin: 0, end: 0 },
    ])
  })

  test('what is produced is consumed', async () => {
    const produced = await millrace(['produce', 'orders', '-K', ':', ...broker()], 'ada:20\nbob:5\nada:22\n')
    expect(produced).toEqual({ exitCode: 0, stdout: '3 records to orders\n', stderr: '' })
    const consumed = await millrace(['consume', 'orders', '--exit', '--json', ...broker()])
    const records = consumed.stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records.filter(({ key }) => key === 'ada').map(({ value }) => value)).toEqual(['20', '22'])
    expect(records.filter(({ key }) => key === 'bob').map(({ value }) => value)).toEqual(['5'])
    const limited = await millrace(['consume', 'orders', '--from-beginning', '-n', '2', ...broker()])
    expect(limited.stdout.trimEnd().split('\n')).toHaveLength(2)
  })

  test('files of a data directory are shown, and damage is an error', async () => {
    const partition = join(data, 'broker', 'shown-0')
    await millrace(['produce', 'shown', ...broker()], 'one\ntwo\n')
    const shown = await millrace(['dump-log', '--files', partition, '--print-data-log'])
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' })
    expect(shown.stdout).toMatch(
      /^Dumping .*shown-0\/0{20}\.log\nLog starting offset: 0\nbaseOffset: 0 lastOffset: 1 /m,
    )
    expect(shown.stdout).toMatch(/^\| offset: 1 CreateTime: \d+ keySize: -1 .* payload: two$/m)
    const damaged = join(directory, '00000000000000000000.log')
    writeFileSync(damaged, 'x'.repeat(100))
    expect(await millrace(['dump-log', '--files', damaged, '--json'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('{"kind":"trailing-bytes","bytes":100,"file":"00000000000000000000.log"}\n'),
    })
    expect((await millrace(['dump-log', '--files', join(directory, 'nothing')])).stderr).toContain('ENOENT')
  })

  test('schemas are registered, shown and checked', async () => {
    const file = fileOf('order.avsc', ORDER_SCHEMA)
    expect((await millrace(['registry', 'register', 'orders-value', file, ...registry()])).stdout).toBe(
      'registered under orders-value with id 1\n',
    )
    expect((await millrace(['registry', ...registry()])).stdout).toMatch(/^orders-value +1$/m)
    expect((await millrace(['registry', 'show', 'orders-value', ...registry()])).stdout).toContain('"name": "Order"')
    const other = fileOf('other.avsc', {
      ...ORDER_SCHEMA,
      fields: [...ORDER_SCHEMA.fields, { name: 'note', type: 'string' }],
    })
    const checked = await millrace(['registry', 'check', 'orders-value', other, ...registry()])
    expect(checked.exitCode).toBe(1)
    expect(checked.stdout).toMatch(/^not compatible\n/)
  })

  test('a stream and a table are made of produced records', async () => {
    const made = await millrace(
      sql(
        `CREATE STREAM orders (customer STRING KEY, amount STRING) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='KAFKA');
         CREATE STREAM amounts WITH (VALUE_FORMAT='JSON') AS SELECT customer, CAST(amount AS INT) amount FROM orders;
         CREATE TABLE totals AS SELECT customer, COUNT(*) orders, SUM(amount) total FROM amounts GROUP BY customer;`,
      ),
    )
    expect(made.stderr).toBe('')
    expect(made.stdout).toBe(
      'Stream created\nCreated query with ID CSAS_AMOUNTS_0\nCreated query with ID CTAS_TOTALS_1\n',
    )
    await totalsAre([
      ['ada', 2, 42],
      ['bob', 1, 5],
    ])
    const selected = await millrace(sql("SELECT * FROM totals WHERE customer = 'ada';"))
    expect(selected.stdout).toBe('CUSTOMER  ORDERS  TOTAL\n────────  ──────  ─────\nada            2     42\n')
    expect((await millrace(sql('SHOW QUERIES;'))).stdout).toMatch(/CTAS_TOTALS_1 +RUNNING/)
  })

  test('a query that goes on prints rows as they come and ends on Ctrl-C', async () => {
    const running = new RunningMillrace(sql('SELECT customer, amount FROM amounts EMIT CHANGES;'))
    await eventually(() => (running.stdout.split('\n').length > 4 ? true : null))
    const { exitCode, stdout } = await running.stop('SIGINT')
    expect(exitCode).toBe(0)
    expect(stdout.trimEnd().split('\n').toSorted()).toEqual(['CUSTOMER | AMOUNT', 'ada | 20', 'ada | 22', 'bob | 5'])
  })

  test('a statement that cannot be read is shown with its place', async () => {
    const failed = await millrace(sql('SELECT * FORM totals;'))
    expect(failed.exitCode).toBe(1)
    expect(failed.stderr).toMatch(/^error: line 1:\d+: [\s\S]*\n {2}SELECT \* FORM totals;\n {2} +\^\n$/)
  })
})

/** Waits until the table holds just these rows. */
async function totalsAre(rows: readonly (readonly [string, number, number])[]): Promise<void> {
  await eventually(async () => {
    const found = (await server.query('SELECT * FROM totals;')) as [string][]
    expect(found.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual(rows)
    return true
  })
}

describe('after a stop and a new start', () => {
  let bobsOrders = 1
  test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('by %s everything is there', async signal => {
    const stopped = await server.process.stop(signal)
    if (signal !== 'SIGKILL')
      expect(stopped).toEqual({
        exitCode: 0,
        stdout: expect.stringMatching(`${signal}: stopping\nstopped\n$`),
        stderr: '',
      })
    server = await Server.start(data)
    expect(await (await fetch(`${server.registry}/subjects/orders-value/versions/1/schema`)).json()).toEqual(
      ORDER_SCHEMA,
    )
    await totalsAre([
      ['ada', 2, 42],
      ['bob', bobsOrders, 5 * bobsOrders],
    ])
    await millrace(['produce', 'orders', '-K', ':', ...broker()], 'bob:5\n')
    bobsOrders++
    await totalsAre([
      ['ada', 2, 42],
      ['bob', bobsOrders, 5 * bobsOrders],
    ])
  })
})

describe.concurrent('what is in the way is named with the next step', () => {
  test.each([
    ['--port', () => server.broker],
    ['--registry-port', () => server.registry],
    ['--sql-port', () => server.sql],
  ])('an occupied port of %s', async (option, address) => {
    const ports = ['--port', '--registry-port', '--sql-port'].flatMap(name => [
      name,
      name === option ? address().slice(address().lastIndexOf(':') + 1) : '0',
    ])
    const { exitCode, stderr } = await millrace(['start', '--data-dir', join(directory, option), ...ports])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^millrace: .*EADDRINUSE.*\n {2}the port is taken: .*--registry-port/)
  })

  test('a data directory in use', async () => {
    const ports = ['--port', '--registry-port', '--sql-port'].flatMap(name => [name, '0'])
    const { exitCode, stderr } = await millrace(['start', '--data-dir', data, ...ports])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^millrace: .*\n {2}another process uses this directory: .*--data-dir/)
  })

  test.each([
    [['topics', '--bootstrap-server', '127.0.0.1:1'], /start a broker with millrace start/],
    [['registry', '--url', 'http://127.0.0.1:1'], /start one with millrace start/],
    [['sql', '--server', 'http://127.0.0.1:1', '-e', 'SHOW STREAMS;'], /start one with millrace start/],
    [['start', '--port', '65536'], /not a port/],
    [['start', '--set', 'nonsense'], /is not name=value/],
  ])('%s', async (args, says) => {
    const { exitCode, stderr } = await millrace(args)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(says)
  })
})

describe('HTTP', () => {
  test.each([
    ['an incompatible schema', { ...ORDER_SCHEMA, fields: [{ name: 'id', type: 'long' }] }, 409, 40901],
    ['what is no Avro schema', { type: 'recrod', name: 'Order' }, 422, 42201],
  ])('%s is refused by the registry', async (_, schema, status, code) => {
    const subject = `${server.registry}/subjects/orders-value/versions`
    const response = await server.post(subject, { schema: JSON.stringify(schema) })
    expect([response.status, ((await response.json()) as { error_code: number }).error_code]).toEqual([status, code])
    expect(await (await fetch(subject)).json()).toEqual([1])
  })

  test.each(['{', '[]', '{}'])('the body %s is refused by the SQL server', async body => {
    const response = await server.post(`${server.sql}/ksql`, body)
    expect([response.status, ((await response.json()) as { error_code: number }).error_code]).toEqual([400, 40000])
  })

  test('a body that is too large is refused and the server lives', async () => {
    const large = `{"ksql": "${'x'.repeat(5 * 1024 * 1024)}"}`
    for (const url of [`${server.sql}/ksql`, `${server.registry}/subjects/large/versions`])
      expect((await server.post(url, large).catch(() => ({ status: 413 }))).status).toBe(413)
    expect((await fetch(`${server.sql}/healthcheck`)).status).toBe(200)
  })

  test('the SQL port speaks HTTP/1.1, also with a request in two parts', async () => {
    const body = JSON.stringify({ sql: "SELECT total FROM totals WHERE customer = 'ada';" })
    const post = request(`${server.sql}/query-stream`, { method: 'POST', agent: false })
    post.write(body.slice(0, 10))
    await eventually(() => (post.socket?.bytesWritten ? true : null))
    post.end(body.slice(10))
    const [response] = await once(post, 'response')
    expect(response.httpVersion).toBe('1.1')
    expect(await textOf(response)).toMatch(/\n\[42\]\n$/)
  })

  test('and cleartext HTTP/2, several requests on one connection', async () => {
    const session = connect(server.sql)
    const answers = await Promise.all(
      ['ada', 'nobody'].map(async customer => {
        const stream = session.request({ ':method': 'POST', ':path': '/query-stream' })
        stream.end(JSON.stringify({ sql: `SELECT total FROM totals WHERE customer = '${customer}';` }))
        return textOf(stream)
      }),
    )
    session.destroy()
    expect(answers.map(text => text.trimEnd().split('\n').slice(1))).toEqual([['[42]'], []])
  })
})

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
