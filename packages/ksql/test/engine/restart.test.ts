import { expect, test } from 'vitest'
import { SqlServer } from '../server/sql-server.ts'

test('a server that comes back has its catalogue, its queries and their rows', async () => {
  await using server = await SqlServer.start({ 'auto.offset.reset': 'earliest' })
  await server.statements(
    `CREATE TYPE money AS DECIMAL(9, 2);
     CREATE STREAM sales (shop STRING KEY, amount money) WITH (KAFKA_TOPIC='sales', PARTITIONS=2, VALUE_FORMAT='JSON');
     CREATE TABLE turnover AS SELECT shop, SUM(amount) AS total FROM sales GROUP BY shop;
     CREATE STREAM copies AS SELECT * FROM sales;
     CREATE SOURCE TABLE latest (shop STRING PRIMARY KEY, amount money) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON');
     CREATE STREAM gone (a INT) WITH (KAFKA_TOPIC='gone', PARTITIONS=1, VALUE_FORMAT='JSON');
     DROP STREAM gone;
     TERMINATE CSAS_COPIES_1;
     INSERT INTO sales VALUES ('north', 1.50);
     INSERT INTO sales VALUES ('north', 2.25);`,
  )
  const total = "SELECT * FROM turnover WHERE shop = 'north' AND total = 3.75;"
  expect(await server.rows(total, 1)).toEqual([['north', 3.75]])

  await server.restart()
  const { body } = await server.statements('SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TYPES;')
  const names = (list: { name: string }[]): string[] => list.map(({ name }) => name)
  expect(names(body[0].streams)).toEqual(['COPIES', 'SALES'])
  expect(names(body[1].tables)).toEqual(['LATEST', 'TURNOVER'])
  expect((body[2].queries as { id: string }[]).map(({ id }) => id).sort()).toEqual(['CST_LATEST_2', 'CTAS_TURNOVER_0'])
  expect(Object.keys(body[3].types)).toEqual(['MONEY'])
  expect(await server.rows(total, 1)).toEqual([['north', 3.75]])
  expect(await server.rows('SELECT * FROM latest;', 1)).toEqual([['north', 2.25]])

  await server.statements("INSERT INTO sales VALUES ('north', 0.25); CREATE STREAM more AS SELECT * FROM sales;")
  expect(await server.rows("SELECT total FROM turnover WHERE shop = 'north' AND total = 4.00;", 1)).toEqual([[4]])
  expect((await server.statements('EXPLAIN CSAS_MORE_3;')).status).toBe(200)
  expect(server.bugs).toEqual([])
})
