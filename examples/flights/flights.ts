/** The first quarter of 2001 in the air: 20 000 flights of the `vega-datasets` package, in the order they departed. */
import { readFileSync } from 'node:fs'

const DATA = 'node_modules/vega-datasets/data/flights-20k.json'

export interface Flight {
  readonly origin: string
  readonly destination: string
  /** Minutes; negative when it left early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  /** Milliseconds since the epoch; the data's local times are taken as UTC. */
  readonly departedMs: number
}

interface Row {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** Reads from the installed package: run it in the root of the repository. */
export function readFlights(): Flight[] {
  const rows = JSON.parse(readFileSync(DATA, 'utf8')) as Row[]
  return rows.map(({ date, ...flight }) => ({ ...flight, departedMs: departure(date) }))
}

/** `2001/01/31 23:59` */
function departure(date: string): number {
  const [year, month, day, hour, minute] = date.split(/[/ :]/).map(Number) as [number, number, number, number, number]
  return Date.UTC(year, month - 1, day, hour, minute)
}
