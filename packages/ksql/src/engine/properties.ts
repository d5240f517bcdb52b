/** ksqlDB's properties by name: of the server, of a session, of a request; a later one wins. */
export type Properties = Readonly<Record<string, string>>

/** Names from outside may be anything, `__proto__` too. */
export function mergeProperties(...layers: readonly (Properties | undefined)[]): Properties {
  return Object.assign(Object.create(null), ...layers)
}

/** Switches that are off unless somebody turns them on; all others are on. */
const OFF_BY_DEFAULT: ReadonlySet<string> = new Set(['ksql.query.push.v2.enabled'])

export function isEnabled(properties: Properties, name: string): boolean {
  const value = properties[name]
  return value === undefined ? !OFF_BY_DEFAULT.has(name) : value.toLowerCase() === 'true'
}
/** ksqlDB takes names of Kafka Streams' settings with and without their prefix. */
export function offsetReset(properties: Properties): 'earliest' | 'latest' {
  const value = properties['auto.offset.reset'] ?? properties['ksql.streams.auto.offset.reset']
  return value === 'earliest' ? 'earliest' : 'latest'
}
