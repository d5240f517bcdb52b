/** How late each airport's flights leave, week by week, in the time of the flights themselves. */
import { Serdes } from '@millrace/client'
import { Consumed, days, Grouped, Materialized, StreamsBuilder, TimeWindows, type Topology } from '@millrace/streams'
import type { Flight } from './flights.ts'

export const FLIGHTS = 'flights'
export const PUNCTUALITY = 'punctuality'
export const PUNCTUALITY_BY_WEEK = 'punctuality-by-week'
export const WEEK_MS = days(7)
/** Partitions are read side by side with no order between them: any flight of the quarter may come after any other. */
const QUARTER_MS = days(91)

export interface Punctuality {
  readonly flights: number
  readonly delayMinutes: number
  readonly worstMinutes: number
}

const NOTHING_YET: Punctuality = { flights: 0, delayMinutes: 0, worstMinutes: Number.MIN_SAFE_INTEGER }

export function buildTopology(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(FLIGHTS, Consumed.with(Serdes.string(), Serdes.json<Flight>()))
    .groupBy((_, flight) => flight.origin, Grouped.with(Serdes.string(), Serdes.json<Flight>()))
    .windowedBy(TimeWindows.ofSizeAndGrace(WEEK_MS, QUARTER_MS))
    .aggregate<Punctuality>(
      () => NOTHING_YET,
      (_, flight, soFar) => ({
        flights: soFar.flights + 1,
        delayMinutes: soFar.delayMinutes + flight.delay,
        worstMinutes: Math.max(soFar.worstMinutes, flight.delay),
      }),
      Materialized.as<string, Punctuality>(PUNCTUALITY)
        .withKeySerde(Serdes.string())
        .withValueSerde(Serdes.json<Punctuality>()),
    )
    .toStream()
    .to(PUNCTUALITY_BY_WEEK)
  return builder.build()
}
