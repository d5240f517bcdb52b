/** The third user: questions in SQL over the topology's result, through the server's REST API. */
import { PUNCTUALITY_BY_WEEK } from './topics.ts'

/** Columns of `weeks` come from the schema in the registry. */
const STATEMENTS = `
  CREATE TABLE IF NOT EXISTS weeks (id STRING PRIMARY KEY)
    WITH (KAFKA_TOPIC = '${PUNCTUALITY_BY_WEEK}', VALUE_FORMAT = 'AVRO');
  CREATE TABLE IF NOT EXISTS airports AS
    SELECT airport, SUM(flights) AS flights, SUM(delay_minutes) AS delay_minutes
    FROM weeks GROUP BY airport;
`
export const QUESTION =
  'SELECT airport, flights, ROUND(CAST(delay_minutes AS DOUBLE) / flights, 1) AS average_delay FROM airports WHERE flights > 450;'

export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Creates the tables unless an earlier run did; says what the server answered. */
export async function createTables(sqlUrl: string, say: (text: string) => void): Promise<void> {
  const response = await fetch(`${sqlUrl}/ksql`, {
    method: 'POST',
    body: JSON.stringify({ ksql: STATEMENTS, streamsProperties: {} }),
  })
  const answer = (await response.json()) as { message?: string }[] & { message?: string }
  if (!response.ok) throw new Error(answer.message)
  for (const { commandStatus } of answer as unknown as { commandStatus: { message: string } }[])
    say(`SQL: ${commandStatus.message}`)
}

/** A pull query: the rows as they are now. */
export async function ask(sqlUrl: string, sql: string): Promise<Answer> {
  const response = await fetch(`${sqlUrl}/query-stream`, { method: 'POST', body: JSON.stringify({ sql }) })
  if (!response.ok) throw new Error(((await response.json()) as { message: string }).message)
  const [header, ...rows] = (await response.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  return { columns: (header as { columnNames: string[] }).columnNames, rows: rows as unknown[][] }
}
