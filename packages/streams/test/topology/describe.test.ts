import { readFileSync } from 'node:fs'
import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Stores } from '../../src/state/store-builder.ts'
import { Topology } from '../../src/topology/topology.ts'
import { joins } from './describe/joins.ts'
import { topologies } from './describe/topologies.ts'

/** Texts by name. */
function fixtures(file: string): Map<string, string> {
  const parts = readFileSync(new URL(`describe/${file}`, import.meta.url), 'utf8')
    .split('=== ')
    .slice(1)
  return new Map(
    parts.map(part => {
      const nameEnd = part.indexOf('\n')
      return [part.slice(0, nameEnd), part.slice(nameEnd + 1)]
    }),
  )
}

const printed = new Map([...fixtures('kafka-streams-4.3.1.txt'), ...fixtures('joins-4.3.1.txt')])
const built = new Map([...topologies, ...joins])

/** A line for each node or store: its kind, its name, then its topics (sources, sinks) and parents or users. */
function topologyOf(program: string): Topology {
  const topology = new Topology()
  for (const line of program.split('\n')) {
    const [kind, name = '', ...others] = line.split(' ')
    if (kind === 'source') topology.addSource(name, others)
    else if (kind === 'processor') topology.addProcessor(name, () => ({ process() {} }), ...others)
    else if (kind === 'sink') topology.addSink(name, others[0]!, {}, ...others.slice(1))
    else {
      const supplier = Stores.inMemoryKeyValueStore(name)
      topology.addStateStore(Stores.keyValueStoreBuilder(supplier, Serdes.string(), Serdes.string()), ...others)
    }
  }
  return topology
}

describe('the description of a topology is the text of Kafka Streams', () => {
  test('for the same topologies', () => expect([...built.keys()]).toEqual([...printed.keys()]))

  test.each([...built])('%s', (name, topology) => {
    expect(topology.describe().toString()).toBe(printed.get(name))
  })

  test.each([...fixtures('random-4.3.1.txt')])('random %s', (_, fixture) => {
    const [program = '', text] = fixture.split('\n---\n')
    expect(topologyOf(program).describe().toString()).toBe(text)
  })
})
