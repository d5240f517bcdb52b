// Holds the result of the main job against plain code over the raw rows. Imports nothing of Millrace.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const directory = process.argv[2] ?? '.millrace/flights'
const rows = JSON.parse(readFileSync('node_modules/vega-datasets/data/flights-20k.json', 'utf8'))
const result = JSON.parse(readFileSync(`${directory}/result.json`, 'utf8'))

const WEEK_MS = 7 * 24 * 3600 * 1000
const expected = new Map()
for (const { date, delay, origin } of rows) {
  const departedMs = Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}:00Z`)
  const id = `${origin} ${departedMs - (departedMs % WEEK_MS)}`
  const cell = expected.get(id) ?? { flights: 0, delayMinutes: 0, worstMinutes: -Infinity }
  cell.flights++
  cell.delayMinutes += delay
  cell.worstMinutes = Math.max(cell.worstMinutes, delay)
  expected.set(id, cell)
}

assert.equal(result.length, expected.size, 'another number of airports and weeks')
for (const { airport, weekStartMs, flights, delayMinutes, worstMinutes } of result)
  assert.deepEqual(
    { flights, delayMinutes, worstMinutes },
    expected.get(`${airport} ${weekStartMs}`),
    `${airport} ${weekStartMs}`,
  )
console.log(`check: ${result.length} results over ${rows.length} flights equal plain code over the raw rows`)

const airports = new Map()
for (const { delay, origin } of rows) {
  const airport = airports.get(origin) ?? { flights: 0, delayMinutes: 0 }
  airport.flights++
  airport.delayMinutes += delay
  airports.set(origin, airport)
}
const busy = [...airports].filter(([, { flights }]) => flights > 450)
const answered = JSON.parse(readFileSync(`${directory}/sql-result.json`, 'utf8'))
assert.equal(answered.length, busy.length, 'SQL answered with another number of airports')
for (const [airport, flights, average] of answered) {
  const { flights: expectedFlights, delayMinutes } = airports.get(airport)
  assert.equal(flights, expectedFlights, `flights from ${airport}`)
  assert.ok(Math.abs(average - delayMinutes / expectedFlights) <= 0.05 + 1e-9, `average delay from ${airport}`)
}
console.log(`check: ${answered.length} airports of the SQL answer equal plain code over the raw rows`)
