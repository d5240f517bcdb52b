import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SqlServer } from './sql-server.ts'

let server: SqlServer
beforeAll(async () => {
  server = await SqlServer.start({ 'auto.offset.reset': 'earliest' })
})
afterAll(() => server[Symbol.asyncDispose]())

const ORDERS =
  "CREATE STREAM orders (id INT KEY, item STRING, amount BIGINT) WITH (KAFKA_TOPIC='orders', PARTITIONS=1, VALUE_FORMAT='JSON');"

describe('statements in, rows out', () => {
  test('a stream, a table over it, and what a pull query finds', async () => {
    const created = await server.statements(
      `${ORDERS}
       CREATE TABLE sold AS SELECT item, SUM(amount) AS total FROM orders GROUP BY item;
       INSERT INTO orders (id, item, amount) VALUES (1, 'tea', 2);
       INSERT INTO orders VALUES (2, 'tea', 3);
       INSERT INTO orders VALUES (3, 'rum', 9007199254740993);`,
    )
    expect(created.status).toBe(200)
    expect(created.body).toMatchObject([
      { '@type': 'currentStatus', commandStatus: { status: 'SUCCESS', message: 'Stream created' } },
      { '@type': 'currentStatus', commandStatus: { message: 'Created query with ID CTAS_SOLD_0' } },
    ])
    expect(await server.rows("SELECT * FROM sold WHERE item = 'tea' AND total = 5;", 1)).toEqual([['tea', 5]])
    const { body } = await server.query('SELECT total, item FROM sold LIMIT 1;')
    expect(body[0].header.schema).toBe('`TOTAL` BIGINT, `ITEM` STRING KEY')
    expect(body).toHaveLength(2)
  })

  test('a push query ends at its limit', async () => {
    const { body } = await server.query(
      "SELECT id, UCASE(item) AS item FROM orders WHERE item = 'tea' EMIT CHANGES LIMIT 2;",
    )
    expect(body.slice(1)).toEqual([
      { row: { columns: [1, 'TEA'] } },
      { row: { columns: [2, 'TEA'] } },
      { finalMessage: 'Limit Reached' },
    ])
  })

  test('a pull query on a stream ends where the stream ends', async () => {
    const { body } = await server.query('SELECT id FROM orders;')
    expect(body.slice(1)).toEqual([
      { row: { columns: [1] } },
      { row: { columns: [2] } },
      { row: { columns: [3] } },
      { finalMessage: 'Query Completed' },
    ])
  })

  test('rows as lines, without losing a digit', async () => {
    const response = await server.request('/query-stream', {
      method: 'POST',
      body: JSON.stringify({ sql: 'SELECT id, amount FROM orders EMIT CHANGES LIMIT 3;' }),
    })
    const [header, ...rows] = (await response.text()).trimEnd().split('\n')
    expect(JSON.parse(header!)).toMatchObject({ columnNames: ['ID', 'AMOUNT'], columnTypes: ['INTEGER', 'BIGINT'] })
    expect(rows).toEqual(['[1,2]', '[2,3]', '[3,9007199254740993]'])
  })

  test('a push query shows among the queries and can be closed', async () => {
    const response = await server.request('/query-stream', {
      method: 'POST',
      body: JSON.stringify({ sql: 'SELECT id FROM orders EMIT CHANGES;' }),
    })
    const reader = response.body!.getReader()
    const first = await reader.read()
    const { queryId } = JSON.parse(Buffer.from(first.value!).toString().split('\n')[0]!) as { queryId: string }
    const shown = await server.statements('SHOW QUERIES;')
    expect(shown.body[0].queries).toContainEqual(expect.objectContaining({ id: queryId, queryType: 'PUSH' }))
    expect((await server.post('/close-query', { queryId })).status).toBe(200)
    while (!(await reader.read()).done);
    expect((await server.post('/close-query', { queryId })).body).toMatchObject({ error_code: 40000 })
  })

  test('the rows of a source table are kept, and its removed rows are gone', async () => {
    await server.createTopic('prices')
    await server.produce(
      { topic: 'prices', key: 'tea', value: '{"CENTS":250}' },
      { topic: 'prices', key: 'rum', value: '{"CENTS":900}' },
      { topic: 'prices', key: 'tea', value: null },
      { topic: 'prices', key: 'ale', value: '{"CENTS":400}' },
    )
    await server.statements(
      "CREATE SOURCE TABLE prices (item STRING PRIMARY KEY, cents INT) WITH (KAFKA_TOPIC='prices', VALUE_FORMAT='JSON');",
    )
    expect(await server.rows("SELECT * FROM prices WHERE item IN ('tea', 'ale');", 1)).toEqual([['ale', 400]])
    const dropped = await server.statements('DROP TABLE prices;')
    expect(dropped.body).toMatchObject([{ commandStatus: { status: 'SUCCESS' } }])
  })

  test.each([
    ["item < 'b'", { 'ksql.query.pull.table.scan.enabled': 'false' }, 200],
    ['total > 1', { 'ksql.query.pull.table.scan.enabled': 'false' }, 400],
    ["item < 'b' OR item > 'x'", { 'ksql.query.pull.table.scan.enabled': 'false' }, 400],
    [
      "item < 'b'",
      { 'ksql.query.pull.table.scan.enabled': 'false', 'ksql.query.pull.range.scan.enabled': 'false' },
      400,
    ],
    ['total > 1', {}, 200],
  ])('the switches of pull queries: %s under %j', async (where, properties, status) => {
    expect((await server.query(`SELECT * FROM sold WHERE ${where};`, properties)).status).toBe(status)
  })

  test('variables and properties', async () => {
    const { body } = await server.post('/ksql', {
      ksql: `SET 'auto.offset.reset'='latest'; SHOW PROPERTIES; DESCRIBE \${source};`,
      sessionVariables: { source: 'orders' },
    })
    expect(body[0].properties).toContainEqual(expect.objectContaining({ name: 'auto.offset.reset', value: 'latest' }))
    expect(body[1].sourceDescription).toMatchObject({ name: 'ORDERS', readQueries: [{ id: 'CTAS_SOLD_0' }] })
  })

  test('a table that is read cannot be dropped; a terminated query is gone', async () => {
    expect((await server.statements('DROP STREAM orders;')).body.message).toContain('[CTAS_SOLD_0]')
    expect((await server.statements('TERMINATE CTAS_SOLD_0;')).status).toBe(200)
    expect((await server.statements('SHOW QUERIES;')).body[0].queries).toEqual([])
    expect((await server.statements('DROP TABLE sold; DROP STREAM orders;')).status).toBe(200)
    expect(server.bugs).toEqual([])
  })

  test('the bounds of a window are selected, and looked up', async () => {
    await server.statements(
      `CREATE STREAM visits (page STRING KEY, ts BIGINT) WITH (KAFKA_TOPIC='visits', PARTITIONS=1, VALUE_FORMAT='JSON', TIMESTAMP='TS');
       CREATE TABLE hourly AS SELECT page, WINDOWSTART AS opened, visits.WINDOWEND - WINDOWSTART AS lasted, COUNT(*) AS n
         FROM visits WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY page;
       INSERT INTO visits VALUES ('a', 3600000);
       INSERT INTO visits VALUES ('a', 3600001);
       INSERT INTO visits VALUES ('a', 7200000);`,
    )
    const rows = await server.rows("SELECT * FROM hourly WHERE page = 'a' AND WINDOWSTART = 3600000 AND n = 2;", 1)
    expect(rows).toEqual([['a', 3_600_000, 7_200_000, 3_600_000, 3_600_000, 2]])
  })

  test('groups of several columns are apart, whatever the format of the source’s key', async () => {
    await server.statements(
      `CREATE STREAM paid (id INT KEY, shop STRING, coin STRING) WITH (KAFKA_TOPIC='paid', PARTITIONS=1, VALUE_FORMAT='JSON');
       CREATE TABLE tills WITH (KEY_FORMAT='JSON') AS SELECT shop, coin, COUNT(*) AS n FROM paid GROUP BY shop, coin;
       INSERT INTO paid VALUES (1, 'a', 'x');
       INSERT INTO paid VALUES (2, 'a', 'y');
       INSERT INTO paid VALUES (3, 'a', 'x');`,
    )
    await server.rows("SELECT * FROM tills WHERE shop = 'a' AND coin = 'x' AND n = 2;", 1)
    const rows = await server.rows('SELECT coin, n FROM tills;', 2)
    expect(rows.sort()).toEqual([
      ['x', 2],
      ['y', 1],
    ])
  })

  test('streams are joined with streams', async () => {
    await server.statements(
      `CREATE STREAM asked (id INT KEY, what STRING, ts BIGINT) WITH (KAFKA_TOPIC='asked', PARTITIONS=1, VALUE_FORMAT='JSON', TIMESTAMP='TS');
       CREATE STREAM answered (id INT KEY, what STRING, ts BIGINT) WITH (KAFKA_TOPIC='answered', PARTITIONS=1, VALUE_FORMAT='JSON', TIMESTAMP='TS');
       CREATE STREAM talk AS SELECT q.id AS id, q.what AS question, a.what AS answer
         FROM asked q LEFT JOIN answered a WITHIN 10 SECONDS ON q.id = a.id;
       INSERT INTO asked VALUES (1, 'why', 1000);`,
    )
    const rows = async (limit: number) => {
      const { body } = await server.query(`SELECT question, answer FROM talk EMIT CHANGES LIMIT ${limit};`)
      return body.slice(1, -1).map(({ row }: { row: { columns: unknown[] } }) => row.columns)
    }
    expect(await rows(1)).toEqual([['why', null]])
    await server.statements("INSERT INTO answered VALUES (1, 'therefore', 11000);")
    expect(await rows(2)).toEqual([
      ['why', null],
      ['why', 'therefore'],
    ])
  })
})
