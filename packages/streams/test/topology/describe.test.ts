import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { topologies } from './describe/topologies.ts'

const printed = new Map(
  readFileSync(new URL('describe/kafka-streams-4.3.1.txt', import.meta.url), 'utf8')
    .split('=== ')
    .slice(1)
    .map(part => {
      const nameEnd = part.indexOf('\n')
      return [part.slice(0, nameEnd), part.slice(nameEnd + 1)]
    }),
)

describe('the description of a topology is the text of Kafka Streams', () => {
  test('for the same topologies', () => expect([...topologies.keys()]).toEqual([...printed.keys()]))

  test.each([...topologies])('%s', (name, topology) => {
    expect(topology.describe().toString()).toBe(printed.get(name))
  })
})
