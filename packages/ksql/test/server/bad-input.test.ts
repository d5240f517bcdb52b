import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SqlServer } from './sql-server.ts'

let server: SqlServer
beforeAll(async () => {
  server = await SqlServer.start({ 'auto.offset.reset': 'earliest' })
  await server.statements(
    `CREATE STREAM s (id INT KEY, name STRING, moment TIMESTAMP) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='JSON');
     CREATE TABLE t (id INT PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='t', PARTITIONS=1, VALUE_FORMAT='JSON');`,
  )
})
afterAll(async () => {
  // Whatever came before, the server answers.
  expect((await server.statements('SHOW STREAMS;')).body[0].streams).toHaveLength(1)
  expect(server.bugs).toEqual([])
  await server[Symbol.asyncDispose]()
})

describe('requests', () => {
  test.each([
    ['no JSON', '{"ksql": ', 400, 40000, 'Invalid JSON'],
    ['no object', '[1]', 400, 40000, 'an object is expected'],
    ['no statements', '{}', 400, 40000, "Missing property 'ksql'"],
    ['properties that are none', '{"ksql":"SHOW STREAMS;","streamsProperties":[1]}', 400, 40000, 'must be an object'],
    ['a body that is too large', JSON.stringify({ ksql: ' '.repeat(5 * 1024 * 1024) }), 413, 41300, 'larger than'],
  ])('%s', async (_, text, status, code, message) => {
    const answer = await server.post('/ksql', text)
    expect(answer).toMatchObject({ status, body: { '@type': 'generic_error', error_code: code } })
    expect(answer.body.message).toContain(message)
  })

  test('a body of no declared length ends where it is too large', async () => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++
        controller.enqueue(Buffer.alloc(64 * 1024, ' '))
      },
    })
    const answer = await server.request('/ksql', { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(413)
    expect(sent).toBeLessThan(100)
  })

  test('an unknown path', async () => {
    expect(await server.post('/nothing', {})).toMatchObject({ status: 404, body: { error_code: 40400 } })
  })
  test('names that JavaScript gives a meaning', async () => {
    const { status } = await server.post('/ksql', '{"ksql":"SHOW STREAMS;","streamsProperties":{"__proto__":"x"}}')
    expect(status).toBe(200)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

describe('statements', () => {
  test.each<[string, string, string[]]>([
    ['syntax', 'SELECT FROM s;', ['line 1:8', '  SELECT FROM s;\n         ^']],
    ['syntax on a later line', 'SHOW STREAMS;\nSHOW\n  STREEMS;', ['line 3:3', '    STREEMS;\n    ^']],
    ['an unknown source', 'CREATE STREAM x AS SELECT * FROM missing;', ['MISSING does not exist']],
    [
      'an unknown column',
      'CREATE STREAM x AS\n  SELECT id, nome FROM s;',
      ["column 'NOME' cannot be resolved", '  SELECT id, nome FROM s;\n               ^'],
    ],
    ['types that do not compare', 'CREATE STREAM x AS SELECT * FROM s WHERE name > 3;', ['Cannot compare NAME', '^']],
    ['an unknown function', 'CREATE STREAM x AS SELECT id, NOPE(name) FROM s;', ["'NOPE'", '^']],
    ['an unknown property', "CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='s', FOO='1', VALUE_FORMAT='JSON');", ['FOO']],
    [
      'a topic that is not there',
      "CREATE STREAM x (a INT) WITH (KAFKA_TOPIC='no', VALUE_FORMAT='JSON');",
      ['PARTITIONS'],
    ],
    [
      'a name that is taken',
      "CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
      ['already exists'],
    ],
    ['a row of another type', "INSERT INTO s (id, name) VALUES ('one', 'x');", ['Expected type INTEGER', '^']],
    ['a row with too many values', "INSERT INTO s VALUES (1, 'x', NULL, 4);", ['Expected a value for each column']],
    ['a row without its key', "INSERT INTO t (name) VALUES ('x');", ['primary key']],
    ['PRINT', 'PRINT s;', ['/query']],
    ['a SELECT', 'SELECT * FROM s;', ['/query']],
    ['connectors', 'SHOW CONNECTORS;', ['Kafka Connect']],
    ['an unknown query', 'TERMINATE nothing;', ['Unknown queryId: NOTHING']],
  ])('%s', async (_, ksql, messages) => {
    const { status, body } = await server.statements(ksql)
    expect({ status, type: body['@type'] }).toEqual({ status: 400, type: 'statement_error' })
    expect([40001, 40002]).toContain(body.error_code)
    for (const message of messages) expect(body.message).toContain(message)
    expect(`${ksql}`).toContain(body.statementText)
  })

  test('statements before the failing one have happened and are told', async () => {
    const { body } = await server.statements('CREATE TYPE pair AS STRUCT<a INT, b INT>; DROP STREAM nothing;')
    expect(body.entities).toMatchObject([{ '@type': 'currentStatus' }])
    expect((await server.statements('DROP TYPE pair;')).status).toBe(200)
  })
})

describe('queries', () => {
  test.each([
    ['a statement that is no query', 'SHOW STREAMS;', 'send it to /ksql'],
    ['several', 'SELECT * FROM s; SELECT * FROM s;', 'exactly one'],
    ['none', '', 'exactly one'],
    ['PRINT', 'PRINT s;', 'not supported'],
    ['a table without rows of its own', 'SELECT * FROM t;', 'CREATE TABLE QUERYABLE_T AS SELECT'],
    ['a pull query with a window', 'SELECT * FROM s WINDOW TUMBLING (SIZE 1 SECOND);', "don't support WINDOW clauses"],
    ['an unknown source', 'SELECT * FROM missing EMIT CHANGES;', 'MISSING does not exist'],
    ['arithmetic that means nothing', 'SELECT id + name FROM s EMIT CHANGES;', '^'],
  ])('%s', async (_, ksql, message) => {
    const { status, body } = await server.query(ksql)
    expect(status).toBe(400)
    expect(body.message).toContain(message)
  })

  test('records that are no rows of the stream are left out', async () => {
    await server.produce(
      { topic: 's', key: null, value: 'not JSON' },
      { topic: 's', key: Buffer.from('no INT'), value: '{"NAME":"a"}' },
      { topic: 's', key: Buffer.from([0, 0, 0, 7]), value: '{"NAME":"b","MOMENT":{"no":"time"}}' },
      { topic: 's', key: Buffer.from([0, 0, 0, 8]), value: '{"NAME":"good"}' },
    )
    const { body } = await server.query('SELECT id, name FROM s;')
    expect(body.slice(1)).toEqual([{ row: { columns: [8, 'good'] } }, { finalMessage: 'Query Completed' }])
  })
})
