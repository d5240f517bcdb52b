/** The second user: how late each airport's flights leave, week by week, in the time of the flights themselves. */
import { Serdes } from '@millrace/client'
import {
  Consumed,
  days,
  Grouped,
  Materialized,
  Produced,
  StreamsBuilder,
  TimeWindows,
  type Topology,
} from '@millrace/streams'
import type { Flight } from './flights.ts'
import type { FlightSerdes } from './schemas.ts'
import { FLIGHTS, PUNCTUALITY_BY_WEEK, type WeekOfAirport } from './topics.ts'

export const PUNCTUALITY = 'punctuality'
export const WEEK_MS = days(7)
/** Partitions are read side by side with no order between them: any flight of the quarter may come after any other. */
const QUARTER_MS = days(91)

export interface Punctuality {
  readonly flights: number
  readonly delayMinutes: number
  readonly worstMinutes: number
}
const NOTHING_YET: Punctuality = { flights: 0, delayMinutes: 0, worstMinutes: Number.MIN_SAFE_INTEGER }

export function buildTopology(serdes: FlightSerdes): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(FLIGHTS, Consumed.with(Serdes.string(), serdes.flight))
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
    .map<string, WeekOfAirport>(({ key: airport, startMs }, { flights, delayMinutes, worstMinutes }) => [
      `${airport} ${new Date(startMs).toISOString().slice(0, 10)}`,
      { airport, weekStartMs: startMs, flights, delay_minutes: delayMinutes, worst_minutes: worstMinutes },
    ])
    .to(PUNCTUALITY_BY_WEEK, Produced.with(Serdes.string(), serdes.week))
  return builder.build()
}
