/** Statements in, records out: each query runs in the test driver over JSON topics. */
import { Serdes } from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { TopologyTestDriver } from '@millrace/streams'
import { describe, expect, test } from 'vitest'
import { analyseStatement, applyToCatalog } from '../../src/analysis/statements.ts'
import { Catalog } from '../../src/catalog/catalog.ts'
import { buildExecution } from '../../src/execution/build-topology.ts'
import { builtInFunctions } from '../../src/functions/built-in.ts'
import { parseScript } from '../../src/parser/parse.ts'
import type { QueryPlan } from '../../src/plan/steps.ts'

const functions = builtInFunctions(realPlatform())

interface Input {
  readonly topic: string
  readonly key?: string
  readonly value: object | null
  readonly at?: number
}

/** Runs the last statement's query; its output as `key=value@timestamp`. */
function outputOf(statements: string, inputs: readonly Input[]): { output: string[]; errors: string[] } {
  let catalog = Catalog.EMPTY
  let plan: QueryPlan | undefined
  for (const parsed of parseScript(statements)) {
    const command = analyseStatement(parsed, {
      catalog,
      functions,
      defaults: { keyFormat: 'KAFKA', valueFormat: 'JSON' },
      inference: { columns: () => [] },
      nextQuery: 0,
      usage: { readersOf: () => [], writersOf: () => [] },
    })
    catalog = applyToCatalog(catalog, command)
    if ('plan' in command) plan = command.plan
  }
  if (plan === undefined) throw new Error('no query')
  const errors: string[] = []
  const { topology } = buildExecution(plan, {
    functions,
    customTypes: catalog.types,
    onProcessingError: ({ error }) => errors.push(error.message),
  })
  using driver = new TopologyTestDriver(topology, { deserializationExceptionHandler: () => 'continue' })
  const text = Serdes.string()
  for (const { topic, key = null, value, at = 0 } of inputs)
    driver.createInputTopic(topic, text, text).pipeInput(key, value === null ? null : JSON.stringify(value), at)
  const output = driver
    .createOutputTopic(plan.sink.topic, Serdes.bytes(), text)
    .readRecordsToList()
    .map(
      ({ key, value, timestampMs }) =>
        `${key === null ? 'null' : Buffer.from(key).toString('latin1')}=${value}@${timestampMs}`,
    )
  return { output, errors }
}

const ORDERS =
  "CREATE STREAM orders (id STRING KEY, customer STRING, amount INT) WITH (kafka_topic='orders', value_format='JSON');"
const CUSTOMERS =
  "CREATE TABLE customers (id STRING PRIMARY KEY, city STRING) WITH (kafka_topic='customers', value_format='JSON');"
const order = (key: string, customer: string, amount: number | null, at = 0): Input => ({
  topic: 'orders',
  key,
  value: { customer, amount },
  at,
})

describe('queries', () => {
  test.each<[string, string, Input[], string[]]>([
    [
      'projection and filter; a NULL condition and a NULL row go nowhere',
      `${ORDERS} CREATE STREAM o AS SELECT id, amount * 2 AS twice, UCASE(customer) FROM orders WHERE amount > 5;`,
      [
        order('1', 'ada', 10),
        order('2', 'bob', 5),
        order('3', 'eve', null),
        { topic: 'orders', key: '4', value: null },
      ],
      ['1={"TWICE":20,"KSQL_COL_0":"ADA"}@0'],
    ],
    [
      'a failing expression is NULL, the row stays',
      `${ORDERS} CREATE STREAM o AS SELECT id, 10 / amount AS q FROM orders;`,
      [order('1', 'ada', 0), order('2', 'ada', 3)],
      ['1={"Q":null}@0', '2={"Q":3}@0'],
    ],
    [
      'PARTITION BY takes a new key and keeps the old one as a column',
      `${ORDERS} CREATE STREAM o AS SELECT customer, id, amount FROM orders PARTITION BY customer;`,
      [order('1', 'ada', 1)],
      ['ada={"ID":"1","AMOUNT":1}@0'],
    ],
    [
      'GROUP BY over a repartition, HAVING removes and brings back',
      `${ORDERS} CREATE TABLE o AS SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer HAVING SUM(amount) < 10;`,
      [order('1', 'ada', 4, 1), order('2', 'bob', 1, 2), order('3', 'ada', 7, 3), order('4', 'ada', -5, 4)],
      ['ada={"N":1,"TOTAL":4}@1', 'bob={"N":1,"TOTAL":1}@2', 'ada=null@3', 'ada={"N":3,"TOTAL":6}@4'],
    ],
    [
      'tumbling windows by event time; a late record after the grace is dropped',
      `${ORDERS} CREATE TABLE o AS SELECT customer, COUNT(*) AS n FROM orders WINDOW TUMBLING (SIZE 1 SECOND, GRACE PERIOD 0 SECONDS) GROUP BY customer;`,
      [order('1', 'a', 1, 100), order('2', 'a', 1, 900), order('3', 'a', 1, 1000), order('4', 'a', 1, 999)],
      ['a\0\0\0\0\0\0\0\0={"N":1}@100', 'a\0\0\0\0\0\0\0\0={"N":2}@900', 'a\0\0\0\0\0\0\x03è={"N":1}@1000'],
    ],
    [
      'a stream joined with a table sees the row of its moment',
      `${ORDERS} ${CUSTOMERS} CREATE STREAM o AS SELECT o.customer, o.id, c.city FROM orders o LEFT JOIN customers c ON o.customer = c.id;`,
      [
        order('1', 'ada', 1, 1),
        { topic: 'customers', key: 'ada', value: { city: 'London' }, at: 2 },
        order('2', 'ada', 1, 3),
      ],
      ['ada={"O_ID":"1","CITY":null}@1', 'ada={"O_ID":"2","CITY":"London"}@3'],
    ],
    [
      'a table of a table takes rows out of their old group',
      `${CUSTOMERS} CREATE TABLE o AS SELECT city, COUNT(*) AS n FROM customers GROUP BY city;`,
      [
        { topic: 'customers', key: 'ada', value: { city: 'London' }, at: 1 },
        { topic: 'customers', key: 'ada', value: { city: 'Turin' }, at: 2 },
      ],
      ['London={"N":1}@1', 'London={"N":0}@2', 'Turin={"N":1}@2'],
    ],
    [
      'EXPLODE makes a row of each element',
      "CREATE STREAM s (k STRING KEY, items ARRAY<INT>) WITH (kafka_topic='s', value_format='JSON'); CREATE STREAM o AS SELECT k, EXPLODE(items) AS x FROM s;",
      [
        { topic: 's', key: 'a', value: { items: [1, null, 3] } },
        { topic: 's', key: 'b', value: { items: [] } },
      ],
      ['a={"X":1}@0', 'a={"X":null}@0', 'a={"X":3}@0'],
    ],
  ])('%s', (_, statements, inputs, expected) => {
    expect(outputOf(statements, inputs).output).toEqual(expected)
  })

  test('what could not be used is told', () => {
    const { errors } = outputOf(`${ORDERS} CREATE STREAM o AS SELECT id, 10 / amount AS q FROM orders;`, [
      order('1', 'ada', 0),
    ])
    expect(errors).toEqual(['/ by zero'])
  })
})

describe('errors of analysis', () => {
  test.each([
    ['SELECT nope FROM orders;', "Line: 1, Col: 27: SELECT column 'NOPE' cannot be resolved."],
    ['SELECT id FROM orders;', 'The projection contains no value columns.'],
    ['SELECT customer FROM orders;', 'must include the key column ID in its projection (eg, SELECT ID...)'],
    ['SELECT id, customer + amount FROM orders;', 'Unsupported arithmetic types. STRING INTEGER'],
    [
      "SELECT id, amount FROM orders WHERE amount = 'x';",
      "Cannot compare AMOUNT (INTEGER) to 'x' (STRING) with EQUAL.",
    ],
    ['SELECT id, amount FROM orders WHERE amount;', 'Should evaluate to boolean but is AMOUNT (INTEGER) instead.'],
    ['SELECT id, NO_SUCH(amount) FROM orders;', "Can't find any functions with the name 'NO_SUCH'"],
    ['SELECT id, x.amount FROM orders;', "'X' is not a valid stream/table name or alias."],
    ['SELECT customer, amount, COUNT(*) FROM orders GROUP BY customer;', 'not part of GROUP BY: AMOUNT'],
    [
      'SELECT customer, COUNT(*) FROM orders GROUP BY customer;',
      'Please use CREATE TABLE AS SELECT statement instead.',
    ],
    ['SELECT id, amount FROM "orders";', 'orders does not exist.\nDid you mean "ORDERS"?'],
  ])('%s', (query, message) => {
    expect(() => outputOf(`CREATE STREAM o AS ${query}`.replace(/^/, `${ORDERS}\n`), [])).toThrow(
      message.replace('Line: 1, Col: 27', 'Line: 2, Col: 27'),
    )
  })
})
