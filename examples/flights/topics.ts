export const FLIGHTS = 'flights'
export const PUNCTUALITY_BY_WEEK = 'punctuality-by-week'

/** A row of the result: one airport in one week. */
export interface WeekOfAirport {
  readonly airport: string
  readonly weekStartMs: number
  readonly flights: number
  readonly delay_minutes: number
  readonly worst_minutes: number
}
