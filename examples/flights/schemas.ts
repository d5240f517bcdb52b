/** The first user: schemas of the topics, kept by the registry. */
import { AvroSerde, HttpRegistryClient } from '@millrace/schema-registry'
import type { Flight } from './flights.ts'
import { FLIGHTS, PUNCTUALITY_BY_WEEK, type WeekOfAirport } from './topics.ts'

const FLIGHT = {
  type: 'record',
  name: 'Flight',
  namespace: 'flights',
  fields: [
    { name: 'origin', type: 'string' },
    { name: 'destination', type: 'string' },
    { name: 'delay', type: 'int', doc: 'minutes' },
    { name: 'distance', type: 'int', doc: 'miles' },
    { name: 'departedMs', type: 'long' },
  ],
}
const WEEK_OF_AIRPORT = {
  type: 'record',
  name: 'WeekOfAirport',
  namespace: 'flights',
  fields: [
    { name: 'airport', type: 'string' },
    { name: 'weekStartMs', type: 'long' },
    { name: 'flights', type: 'long' },
    { name: 'delay_minutes', type: 'long' },
    { name: 'worst_minutes', type: 'int' },
  ],
}

export interface FlightSerdes {
  readonly flight: AvroSerde<Flight>
  readonly week: AvroSerde<WeekOfAirport>
}

/** Registers both schemas, or finds them registered, and says what the registry did. */
export async function registerSchemas(registryUrl: string, say: (text: string) => void): Promise<FlightSerdes> {
  const registry = new HttpRegistryClient({ urls: registryUrl })
  const flight = new AvroSerde<Flight>({ registry, schema: JSON.stringify(FLIGHT) })
  const week = new AvroSerde<WeekOfAirport>({ registry, schema: JSON.stringify(WEEK_OF_AIRPORT) })
  for (const [topic, serde, schema] of [
    [FLIGHTS, flight, FLIGHT],
    [PUNCTUALITY_BY_WEEK, week, WEEK_OF_AIRPORT],
  ] as const) {
    await serde.prepare(topic)
    const { id } = await registry.latest(`${topic}-value`)
    say(`schema ${schema.name} is registered under ${topic}-value with id ${id}`)
  }
  await flight.load(flight.serialize(FLIGHTS, { origin: '', destination: '', delay: 0, distance: 0, departedMs: 0 }))
  for (const [change, fields] of [
    ['with a new field that has a default', [...FLIGHT.fields, { name: 'carrier', type: 'string', default: '' }]],
    ['with a new field that has none', [...FLIGHT.fields, { name: 'carrier', type: 'string' }]],
  ] as const)
    say(
      `the registry says: Flight ${change} would be ${(await isCompatible(registryUrl, { ...FLIGHT, fields })) ? 'compatible' : 'refused'}`,
    )
  return { flight, week }
}

async function isCompatible(registryUrl: string, schema: object): Promise<boolean> {
  const response = await fetch(`${registryUrl}/compatibility/subjects/${FLIGHTS}-value/versions/latest`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  return ((await response.json()) as { is_compatible: boolean }).is_compatible
}
