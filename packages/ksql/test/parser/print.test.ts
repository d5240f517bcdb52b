import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printExpression, printStatement } from '../../src/ast/print.ts'
import { parseExpression, parseScript } from '../../src/parser/parse.ts'

/** The tree without locations. */
function shape(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value) => (key === 'at' ? undefined : typeof value === 'bigint' ? `${value}n` : value)),
  )
}

function expectSameAfterPrinting(sql: string): void {
  for (const { statement } of parseScript(sql)) {
    const printed = `${printStatement(statement)};`
    expect(shape(parseScript(printed)[0]?.statement), printed).toEqual(shape(statement))
  }
}

const STATEMENTS = [
  "CREATE OR REPLACE SOURCE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, `v` ARRAY<MAP<STRING, STRUCT<a INT, B DECIMAL(4,2)>>>, h BYTES HEADER('x')) WITH (kafka_topic='a''b', partitions=3);",
  "CREATE STREAM s WITH (value_format='JSON') AS SELECT a.*, b->*, x AS \"y z\" FROM a JOIN b bb WITHIN (1 HOUR, 2 DAYS) GRACE PERIOD 1 SECOND ON a.id = bb.id WHERE NOT (x LIKE '%a' ESCAPE '!') AND y IN (1, 2.50, 3E1) PARTITION BY a.id EMIT CHANGES;",
  'CREATE TABLE c AS SELECT k, COUNT(*), TOPK(v, 3) FROM s WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 1 SECOND, RETENTION 1 DAY, GRACE PERIOD 0 SECONDS) GROUP BY k, (a + b) * c HAVING COUNT(*) > 1 EMIT FINAL;',
  'SELECT TRANSFORM(m, (k, v) => k, (k, v) => v + 1), CASE x WHEN 1 THEN 2 ELSE NULL END, CASE WHEN a IS NOT NULL THEN b END, a[1]->f, -x, - 1 FROM s WINDOW SESSION (5 MINUTES) LIMIT 3;',
  "INSERT INTO s (a, b) VALUES (-1, ARRAY[1, 2]), ('x');".replace("), ('x')", ')'),
  'DROP TABLE IF EXISTS t DELETE TOPIC; TERMINATE ALL; PAUSE q_1; SHOW ALL TOPICS EXTENDED; DESCRIBE t EXTENDED; EXPLAIN q; EXPLAIN SELECT * FROM t;',
  "SET 'a'='b'; UNSET 'a'; DEFINE v = 'x'; ASSERT NOT EXISTS TOPIC x TIMEOUT 3 SECONDS; ASSERT SCHEMA SUBJECT s ID 3; PRINT 'T' FROM BEGINNING INTERVAL 2 LIMIT 5;",
  'ALTER STREAM s ADD COLUMN c INT, ADD d VARCHAR; CREATE TYPE address AS STRUCT<a VARCHAR>; DROP TYPE IF EXISTS address; SELECT EMIT, PARTITION FROM s EMIT CHANGES;',
]

describe('parse(print(tree)) is the same tree', () => {
  test.each(STATEMENTS)('%s', sql => expectSameAfterPrinting(sql))

  test('for generated expressions', () => {
    const name = fc.constantFrom('a', '`lower`', '"Mixed Case"', 'DATE', 'Key', '1st')
    const { expression } = fc.letrec<{ expression: string }>(tie => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('NULL', 'TRUE', '1', '99999999999', '1.20', '1.5E-7', "'it''s'", '`x`.y', '-3'),
        name,
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '%', '||'), tie('expression'))
          .map(([l, o, r]) => `(${l}) ${o} (${r})`),
        fc
          .tuple(tie('expression'), fc.constantFrom('=', '<>', '<=', 'IS DISTINCT FROM'), tie('expression'))
          .map(([l, o, r]) => `(${l}) ${o} (${r})`),
        fc
          .tuple(tie('expression'), fc.constantFrom('AND', 'OR'), tie('expression'))
          .map(([l, o, r]) => `(${l}) ${o} NOT (${r})`),
        tie('expression').map(e => `CAST(${e} AS MAP<STRING, DECIMAL(3,1)>)`),
        fc.tuple(name, tie('expression')).map(([n, e]) => `STRUCT(${n} := ${e})->${n}`),
        fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `f(${a}, (x, y) => ${b})[1]`),
        tie('expression').map(e => `(${e}) NOT BETWEEN - (${e}) AND 3`),
      ),
    }))
    fc.assert(
      fc.property(expression, text => {
        const tree = parseExpression(text)
        expect(shape(parseExpression(printExpression(tree)))).toEqual(shape(tree))
      }),
      { numRuns: 300 },
    )
  })
})

const corpus = fileURLToPath(new URL('../../../../../shared/ksql-conformance/', import.meta.url))
describe.skipIf(!existsSync(corpus))('the conformance corpus', () => {
  const cases = ['qtt', 'rest'].flatMap(folder =>
    readdirSync(`${corpus}${folder}`).flatMap(
      file =>
        JSON.parse(readFileSync(`${corpus}${folder}/${file}`, 'utf8')).cases as {
          id: string
          statements: string[]
          expectedException?: unknown
          expectedError?: unknown
        }[],
    ),
  )
  const good = cases.filter(example => !(example.expectedException ?? example.expectedError))

  test(`${good.length} scripts parse and survive printing`, () => {
    for (const { statements } of good) expectSameAfterPrinting(statements.join('\n'))
  })
})
