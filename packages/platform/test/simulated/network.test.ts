import { CALM_NETWORK, type Connection, createCodecs, type NetworkConditions, Simulation } from '@millrace/platform'
import { describe, expect, test } from 'vitest'

const codecs = createCodecs()

/** A client connected to a server, with what each of them heard. */
async function pair(seed: number | string, conditions: Partial<NetworkConditions> = {}) {
  const simulation = new Simulation({ seed, codecs })
  const server = simulation.node('server')
  const client = simulation.node('client')
  const heard = { server: Buffer.alloc(0), client: Buffer.alloc(0), serverClosed: '', clientClosed: '' }
  let accepted: Connection | undefined
  await server.platform.network.listen({ host: 'server', port: 9092 }, connection => {
    accepted = connection
    connection.handler = {
      onData: chunk => (heard.server = Buffer.concat([heard.server, chunk])),
      onClose: error => (heard.serverClosed = error?.code ?? 'end'),
    }
  })
  const connect = () => client.platform.network.connect({ host: 'server', port: 9092, timeoutMs: 3_000 })
  const connection = await simulation.complete(connect())
  connection.handler = {
    onData: chunk => (heard.client = Buffer.concat([heard.client, chunk])),
    onClose: error => (heard.clientClosed = error?.code ?? 'end'),
  }
  await simulation.run(() => accepted !== undefined)
  simulation.network.conditions = { ...CALM_NETWORK, ...conditions }
  return { simulation, server, client, connect, connection, accepted: accepted!, heard }
}

describe('connecting', () => {
  const cases: [name: string, prepare: (world: Awaited<ReturnType<typeof pair>>) => void, code: string][] = [
    ['to a name nobody has', () => {}, 'ENOTFOUND'],
    ['to a port nobody listens on', () => {}, 'ECONNREFUSED'],
    ['to a killed program', ({ server }) => server.crash('kill'), 'ECONNREFUSED'],
    ['to a machine without power', ({ server }) => server.crash('power'), 'ETIMEDOUT'],
    ['through a partition', ({ simulation }) => simulation.network.block('client', 'server'), 'ETIMEDOUT'],
    ['when no answer comes back', ({ simulation }) => simulation.network.block('server', 'client'), 'ETIMEDOUT'],
    [
      'to one who refuses',
      ({ simulation }) => (simulation.network.conditions = { ...CALM_NETWORK, refuseRate: 1 }),
      'ECONNREFUSED',
    ],
  ]
  test.each(cases)('%s', async (name, prepare, code) => {
    const world = await pair(1)
    prepare(world)
    const host = name.includes('name nobody') ? 'nowhere' : 'server'
    const port = name.includes('port nobody') ? 1 : 9092
    const connecting = world.client.platform.network.connect({ host, port, timeoutMs: 3_000 })
    await expect(world.simulation.complete(connecting)).rejects.toMatchObject({ code })
  })

  test('goes on when a partition heals in time', async () => {
    const { simulation, connect } = await pair(1)
    simulation.network.block('client', 'server')
    simulation.at(1_500, () => simulation.network.heal())
    await simulation.complete(connect())
    expect(simulation.nowMs).toBeGreaterThan(1_500)
  })

  test('its own node answers to localhost', async () => {
    const { simulation, server } = await pair(1)
    await simulation.complete(server.platform.network.connect({ host: 'localhost', port: 9092, timeoutMs: 1_000 }))
  })
})

describe('a connection', () => {
  test('through a partition waits, in one direction, and loses nothing', async () => {
    const { simulation, connection, accepted, heard } = await pair(1)
    simulation.network.block('client', 'server')
    connection.write([Buffer.from('to server')])
    accepted.write([Buffer.from('to client')])
    await simulation.runFor(60_000)
    expect([heard.server.toString(), heard.client.toString()]).toEqual(['', 'to client'])
    simulation.network.heal()
    await simulation.runFor(100)
    expect(heard.server.toString()).toBe('to server')
  })

  test('whose program is killed is reset', async () => {
    const { simulation, server, heard } = await pair(1)
    server.crash('kill')
    await simulation.runFor(100)
    expect([heard.clientClosed, heard.serverClosed]).toEqual(['ECONNRESET', ''])
  })

  test('with a machine that lost power stays half open until it is used after the restart', async () => {
    const { simulation, server, connection, heard } = await pair(1)
    server.crash('power')
    await simulation.runFor(60_000)
    expect(heard.clientClosed).toBe('')
    server.start()
    await simulation.runFor(1_000)
    expect(heard.clientClosed).toBe('')
    connection.write([Buffer.from('anybody?')])
    await simulation.runFor(1_000)
    expect(heard.clientClosed).toBe('ECONNRESET')
  })

  test('that was used while the machine was down is reset when it is up', async () => {
    const { simulation, server, connection, heard } = await pair(1)
    server.crash('power')
    connection.write([Buffer.from('anybody?')])
    await simulation.runFor(10_000)
    server.start()
    await simulation.runFor(1_000)
    expect(heard.clientClosed).toBe('ECONNRESET')
  })

  test('that vanishes carries nothing more and tells nobody', async () => {
    const { simulation, connection, heard } = await pair(1, { vanishRate: 1 })
    connection.write([Buffer.from('lost')])
    connection.end()
    await simulation.runFor(600_000)
    expect(heard).toMatchObject({ serverClosed: '', clientClosed: '' })
    expect(heard.server).toHaveLength(0)
    connection.destroy()
    await simulation.runFor(10)
    expect(heard).toMatchObject({ serverClosed: '', clientClosed: 'end' })
  })

  test('that is reset may have brought any first part of a write', async () => {
    const lengths = new Set<number>()
    const message = Buffer.from('a message of some length')
    for (let seed = 0; seed < 60; seed++) {
      const { simulation, connection, heard } = await pair(seed, { resetRate: 1 })
      connection.write([message])
      await simulation.runFor(1_000)
      expect(heard).toMatchObject({ serverClosed: 'ECONNRESET', clientClosed: 'ECONNRESET' })
      expect(message.subarray(0, heard.server.length)).toEqual(heard.server)
      lengths.add(heard.server.length)
    }
    expect(lengths.has(0)).toBe(true)
    expect(lengths.size).toBeGreaterThan(5)
  })

  test('keeps its order whatever the delays; two connections do not', async () => {
    const orders = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const { simulation, connection, connect, heard } = await pair(seed, { latencyUs: [10, 50_000], splitRate: 0.5 })
      const other = await simulation.complete(connect())
      for (let line = 0; line < 10; line++) connection.write([Buffer.from(`${line}`)])
      other.write([Buffer.from('x')])
      await simulation.runFor(10_000)
      expect(heard.server.toString().replace('x', '')).toBe('0123456789')
      orders.add(heard.server.toString())
    }
    expect(orders.size).toBeGreaterThan(3)
  })
})
