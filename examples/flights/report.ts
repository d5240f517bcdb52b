/** The result as people read it: airports down, weeks across, the average delay in each cell. */
import type { Punctuality } from './topology.ts'

/** One airport in one week. */
export interface Cell extends Punctuality {
  readonly airport: string
  readonly weekStartMs: number
}

const BUSIEST = 12
const CELL_WIDTH = 6
const SHADES = [' ', '░', '▒', '▓', '█']
/** One shade more for each of these. */
const MINUTES_PER_SHADE = 5

export function report(cells: readonly Cell[]): string {
  const weeks = [...new Set(cells.map(cell => cell.weekStartMs))].sort((a, b) => a - b)
  const airports = busiest(cells)
  const lines = [
    'Average departure delay in minutes by week of 2001, the twelve busiest airports of 20 000 flights',
    '',
    `airport  flights ${weeks.map(weekLabel).join('')}`,
    ...airports.map(({ airport, flights }) => {
      const row = weeks.map(week =>
        delayText(cells.find(cell => cell.airport === airport && cell.weekStartMs === week)),
      )
      return `${airport.padEnd(7)}  ${String(flights).padStart(7)} ${row.join('')}`
    }),
    '',
    worstText(cells),
  ]
  return lines.join('\n')
}

function busiest(cells: readonly Cell[]): { airport: string; flights: number }[] {
  const flights = new Map<string, number>()
  for (const cell of cells) flights.set(cell.airport, (flights.get(cell.airport) ?? 0) + cell.flights)
  return [...flights]
    .map(([airport, count]) => ({ airport, flights: count }))
    .sort((a, b) => b.flights - a.flights || (a.airport < b.airport ? -1 : 1))
    .slice(0, BUSIEST)
}

function weekLabel(weekStartMs: number): string {
  return new Date(weekStartMs).toISOString().slice(5, 10).padStart(CELL_WIDTH)
}

function delayText(cell: Cell | undefined): string {
  if (cell === undefined) return '–'.padStart(CELL_WIDTH)
  const average = cell.delayMinutes / cell.flights
  const shade = SHADES[Math.min(Math.max(Math.floor(average / MINUTES_PER_SHADE), 0), SHADES.length - 1)]!
  return `${Math.round(average)}${shade}`.padStart(CELL_WIDTH)
}

function worstText(cells: readonly Cell[]): string {
  const worst = cells.reduce((a, b) => (b.worstMinutes > a.worstMinutes ? b : a))
  const hours = (worst.worstMinutes / 60).toFixed(1)
  return `The latest departure: ${hours} hours, from ${worst.airport} in the week of ${weekLabel(worst.weekStartMs).trim()}.`
}

/** Rows of an SQL answer under the names of their columns, the busiest airport first. */
export function answerTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const sorted = rows.toSorted((a, b) => Number(b[1]) - Number(a[1]))
  const widths = columns.map((name, column) => Math.max(name.length, ...sorted.map(row => String(row[column]).length)))
  const line = (cells: readonly unknown[]): string =>
    cells.map((cell, column) => String(cell).padStart(widths[column]!)).join('  ')
  return [line(columns), line(widths.map(width => '─'.repeat(width))), ...sorted.map(line)].join('\n')
}
