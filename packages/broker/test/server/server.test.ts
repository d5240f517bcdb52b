import { memoryNetwork, type Network, realPlatform } from '@millrace/platform'
import { APIS, type Api, encodeRequestFrame } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answerUnsupportedVersion, apiVersions } from '../../src/handlers/18-api-versions.ts'
import { MetadataImage } from '../../src/metadata/metadata-image.ts'
import { CloseConnectionError, type RequestHandler } from '../../src/server/request-handler.ts'
import { Server, type ServerOptions } from '../../src/server/server.ts'
import { ProtocolClient } from '../protocol-client.ts'

const MAX_FRAME_BYTES = 200_000
const platform = realPlatform()

/** Answers when the test says so. */
class Script {
  readonly started: string[] = []
  private readonly answers = new Map<string, () => void>()

  handler(api: Api, ordering: RequestHandler['ordering'], answer: unknown): RequestHandler {
    return {
      api,
      ordering,
      handle: () => {
        this.started.push(api.name)
        return new Promise(resolve => this.answers.set(api.name, () => resolve(answer)))
      },
    }
  }
  answer(api: Api): void {
    this.answers.get(api.name)!()
  }
}

const networks: [string, () => Network][] = [
  ['memory', () => memoryNetwork(platform.timers)],
  ['TCP', () => platform.network],
]

describe.each(networks)('a server over %s', (_, makeNetwork) => {
  let network: Network
  let server: Server
  let script: Script
  let bugs: unknown[]
  let clients: ProtocolClient[]

  const heartbeat: RequestHandler = { api: APIS.Heartbeat, ordering: 'strict', handle: () => ({ errorCode: 0 }) }

  async function start(handlers: RequestHandler[], options: Partial<ServerOptions> = {}): Promise<void> {
    const all: RequestHandler[] = [
      ...handlers,
      apiVersions({ image: new MetadataImage(), highWatermark: 0 }, () => all.map(handler => handler.api)),
    ]
    const byKey = new Map(all.map(handler => [handler.api.key, handler]))
    server = await Server.listen(
      { network, clock: platform.clock, timers: platform.timers },
      {
        host: '127.0.0.1',
        port: 0,
        maxFrameBytes: MAX_FRAME_BYTES,
        maxReceiveBytes: Number.POSITIVE_INFINITY,
        maxRequests: 3,
        maxConnections: () => 10,
        maxIdleMs: Number.POSITIVE_INFINITY,
        handlerOf: key => byKey.get(key),
        answerUnsupportedVersion,
        onBug: error => bugs.push(error),
        ...options,
      },
    )
  }
  async function connect(): Promise<ProtocolClient> {
    const client = await ProtocolClient.connect(network, server.port)
    clients.push(client)
    return client
  }
  const beat = (client: ProtocolClient) => client.send(APIS.Heartbeat, { groupId: 'g', generationId: 1, memberId: 'm' })
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
  }
  /** After a round trip on another connection, all that could start has. */
  const settle = async () => {
    const other = await connect()
    await other.send(APIS.ApiVersions, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    other.close()
  }

  beforeEach(() => {
    network = makeNetwork()
    script = new Script()
    bugs = []
    clients = []
  })
  afterEach(() => {
    for (const client of clients) client.close()
    server.halt()
  })

  describe('given bytes that break the protocol', () => {
    const int32 = (value: number) => {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(value)
      return bytes
    }
    const request = (apiKey: number, version: number, body: string) => {
      const header = Buffer.alloc(10)
      header.writeInt16BE(apiKey, 0)
      header.writeInt16BE(version, 2)
      header.writeInt32BE(1, 4)
      header.writeInt16BE(-1, 8)
      const bytes = Buffer.concat([header, Buffer.from(body, 'hex')])
      return Buffer.concat([int32(bytes.length), bytes])
    }
    const rows: [string, Buffer][] = [
      ['a frame above the limit', int32(MAX_FRAME_BYTES + 1)],
      ['a negative length', int32(-1)],
      ['an empty frame', int32(0)],
      ['an unknown API key', request(9999, 0, '')],
      ['a key that is not served', request(APIS.EndTxn.key, 0, '')],
      ['an unknown version', request(APIS.Heartbeat.key, 99, '')],
      ['a negative version', request(APIS.Heartbeat.key, -1, '')],
      ['a body that breaks off', request(APIS.Heartbeat.key, 0, '000167')],
      ['a string longer than the frame', request(APIS.Heartbeat.key, 0, '7fff67')],
      ['a header that breaks off', Buffer.concat([int32(3), Buffer.from('000c00', 'hex')])],
    ]
    test.each(rows)('%s closes that connection and no other', async (_name, bytes) => {
      await start([heartbeat])
      const good = await connect()
      const bad = await connect()
      bad.write(bytes)
      await bad.closed
      expect(await beat(good)).toMatchObject({ errorCode: 0 })
      expect(bugs).toEqual([])
    })

    test('requests that came with them before are answered', async () => {
      await start([heartbeat, script.handler(APIS.Produce, 'effect-first', { responses: [] })])
      const client = await connect()
      const beats = encodeRequestFrame(
        { correlationId: 1, clientId: null },
        APIS.Heartbeat.request,
        { groupId: 'g', generationId: 1, memberId: 'm' },
        4,
      )
      const answered = client.expect(APIS.Heartbeat, 4)
      client.write(Buffer.concat([...beats, int32(-1)]))
      expect(await answered).toMatchObject({ errorCode: 0 })
      await client.closed

      const other = await connect()
      const produced = other.send(APIS.Produce, { transactionalId: null, acks: -1, timeoutMs: 1, topicData: [] })
      other.write(int32(-1))
      await until(() => script.started.length === 1)
      await settle()
      script.answer(APIS.Produce)
      expect(await produced).toMatchObject({ responses: [] })
      await other.closed
    })

    test('an unknown version of ApiVersions is answered in v0 with the range', async () => {
      await start([heartbeat])
      const client = await connect()
      client.write(request(APIS.ApiVersions.key, 77, '00'))
      const answered = await client.expect(APIS.ApiVersions, 0)
      expect(answered).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] })
      expect(await beat(client)).toMatchObject({ errorCode: 0 })
    })
  })

  test('frames larger than a chunk and many in one chunk arrive alike', async () => {
    const seen: number[] = []
    await start([
      {
        api: APIS.SyncGroup,
        ordering: 'strict',
        handle: request => {
          seen.push((request as { assignments: { assignment: Buffer }[] }).assignments[0]!.assignment.length)
          return { errorCode: 0, assignment: Buffer.alloc(0) }
        },
      },
    ])
    const client = await connect()
    const sizes = [10, 150_000, 0, 99_999, 1]
    const answers = sizes.map(size => {
      const assignments = [{ memberId: 'm', assignment: Buffer.alloc(size) }]
      return client.send(APIS.SyncGroup, { groupId: 'g', generationId: 1, memberId: 'm', assignments })
    })
    await Promise.all(answers)
    expect(seen).toEqual(sizes)
  })

  test('large requests share a budget, and those that end badly give their part back', async () => {
    const bytes = 150_000
    let inProcess = 0
    let mostInProcess = 0
    const handle: RequestHandler['handle'] = async () => {
      mostInProcess = Math.max(mostInProcess, ++inProcess)
      await new Promise(resolve => setTimeout(resolve, 1))
      inProcess--
      return { errorCode: 0, assignment: Buffer.alloc(0) }
    }
    await start([{ api: APIS.SyncGroup, ordering: 'strict', handle }], { maxReceiveBytes: bytes })
    const frame = (apiKey: number, version: number) => {
      const broken = Buffer.alloc(4 + bytes, 0xff)
      broken.writeInt32BE(bytes, 0)
      broken.writeInt16BE(apiKey, 4)
      broken.writeInt16BE(version, 6)
      return broken
    }
    for (const [apiKey, version] of [
      [9999, 0],
      [APIS.SyncGroup.key, 0],
      [APIS.SyncGroup.key, 99],
    ] as const) {
      const bad = await connect()
      bad.write(frame(apiKey, version))
      await bad.closed
    }
    const gone = await connect()
    gone.write(frame(APIS.SyncGroup.key, 0).subarray(0, 100_000))
    await settle()
    gone.close()
    await gone.closed

    const assignments = [{ memberId: 'm', assignment: Buffer.alloc(bytes) }]
    const request = { groupId: 'g', generationId: 1, memberId: 'm', assignments }
    const clients = await Promise.all([connect(), connect(), connect()])
    const answers = clients.flatMap(client => [
      client.send(APIS.SyncGroup, request),
      client.send(APIS.SyncGroup, request),
    ])
    for (const answer of await Promise.all(answers)) expect(answer.errorCode).toBe(0)
    expect(mostInProcess).toBe(1)
    expect(bugs).toEqual([])
  })

  describe('keeps the order of one connection', () => {
    const produce = { transactionalId: null, acks: -1, timeoutMs: 1, topicData: [] }
    const fetch = { maxWaitMs: 1, minBytes: 1, topics: [] }
    const scripted = () => [
      script.handler(APIS.Produce, 'effect-first', { responses: [] }),
      script.handler(APIS.Fetch, 'read', { responses: [] }),
      script.handler(APIS.Metadata, 'strict', { brokers: [], topics: [] }),
      heartbeat,
    ]

    test('a strict request holds back everything behind it', async () => {
      await start(scripted())
      const client = await connect()
      const answers = [client.send(APIS.Metadata, { topics: [] }), client.send(APIS.Produce, produce)]
      await until(() => script.started.length > 0)
      await settle()
      expect(script.started).toEqual(['Metadata'])
      script.answer(APIS.Metadata)
      await answers[0]
      await until(() => script.started.length > 1)
      script.answer(APIS.Produce)
      await Promise.all(answers)
    })

    test('produces start while a fetch and other produces wait, and are answered behind it', async () => {
      await start(scripted())
      const client = await connect()
      const order: string[] = []
      const answers = [
        client.send(APIS.Fetch, fetch).then(() => order.push('fetch')),
        client.send(APIS.Produce, produce).then(() => order.push('produce')),
      ]
      await until(() => script.started.length === 2)
      script.answer(APIS.Produce)
      await settle()
      expect(order).toEqual([])
      script.answer(APIS.Fetch)
      await Promise.all(answers)
      expect(order).toEqual(['fetch', 'produce'])
    })

    test('a fetch waits until the produces before it are answered', async () => {
      await start(scripted())
      const client = await connect()
      const answers = [client.send(APIS.Produce, produce), client.send(APIS.Fetch, fetch)]
      await until(() => script.started.length > 0)
      await settle()
      expect(script.started).toEqual(['Produce'])
      script.answer(APIS.Produce)
      await until(() => script.started.length === 2)
      script.answer(APIS.Fetch)
      await Promise.all(answers)
    })

    test('no more than the allowed number is in process', async () => {
      await start(scripted())
      const client = await connect()
      for (let count = 0; count < 5; count++) void client.send(APIS.Produce, produce)
      await until(() => script.started.length === 3)
      await settle()
      expect(script.started).toHaveLength(3)
    })

    test('requests answered at once are answered in order', async () => {
      await start(scripted())
      const client = await connect()
      const order: number[] = []
      await Promise.all(Array.from({ length: 100 }, (_, index) => beat(client).then(() => order.push(index))))
      expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index))
    })
  })

  test('a handler may ask for the connection to be closed; other failures are reported as bugs', async () => {
    const bug = new Error('a bug')
    await start([
      { api: APIS.Heartbeat, ordering: 'strict', handle: () => Promise.reject(new CloseConnectionError('no')) },
      {
        api: APIS.Metadata,
        ordering: 'strict',
        handle: () => {
          throw bug
        },
      },
      // An answer that cannot be encoded.
      { api: APIS.LeaveGroup, ordering: 'strict', handle: async () => ({ errorCode: 'none' }) },
    ])
    const [first, second, third] = [await connect(), await connect(), await connect()]
    beat(first)
    second.send(APIS.Metadata, { topics: [] })
    third.send(APIS.LeaveGroup, { groupId: 'g' })
    await Promise.all([first.closed, second.closed, third.closed])
    expect(bugs).toEqual([bug, expect.objectContaining({ code: 'UNENCODABLE_VALUE' })])
  })

  test('what came before a request that closes the connection is answered, what came after is not', async () => {
    const calls: number[] = []
    await start([
      {
        api: APIS.Produce,
        ordering: 'effect-first',
        handle: async request => {
          const { acks } = request as { acks: number }
          calls.push(acks)
          await settle()
          if (acks === 0) throw new CloseConnectionError('no')
          return { responses: [], throttleTimeMs: acks }
        },
      },
    ])
    const client = await connect()
    const send = (acks: number) =>
      client.send(APIS.Produce, { transactionalId: null, acks, timeoutMs: 1, topicData: [] })
    const answers = [send(2), send(0), send(1)]
    expect(await answers[0]).toMatchObject({ throttleTimeMs: 2 })
    await client.closed
    await expect(answers[2]).rejects.toThrow()
    expect(calls).toEqual([2, 0, 1])
  })

  test('connections above the limit are closed', async () => {
    await start([heartbeat], { maxConnections: () => 1 })
    const first = await connect()
    await beat(first)
    const second = await connect()
    await second.closed
    expect(await beat(first)).toMatchObject({ errorCode: 0 })
  })

  test('silent connections are closed, those with a request in process are not', async () => {
    await start([script.handler(APIS.Metadata, 'strict', { brokers: [], topics: [] })], { maxIdleMs: 20 })
    const busy = await connect()
    const answered = busy.send(APIS.Metadata, { topics: [] })
    const idle = await connect()
    await idle.closed
    script.answer(APIS.Metadata)
    await answered
  })

  test('close answers what is in process and takes nothing new', async () => {
    await start([script.handler(APIS.Metadata, 'strict', { brokers: [], topics: [] }), heartbeat])
    const client = await connect()
    const answered = client.send(APIS.Metadata, { topics: [] })
    await until(() => script.started.length === 1)
    const closed = server.close(5_000)
    script.answer(APIS.Metadata)
    await answered
    await client.closed
    await closed
    await expect(connect()).rejects.toThrow()
  })

  test('close does not wait for answers longer than it is given', async () => {
    await start([script.handler(APIS.Metadata, 'strict', { brokers: [], topics: [] })])
    const client = await connect()
    client.send(APIS.Metadata, { topics: [] })
    await until(() => script.started.length === 1)
    await server.close(10)
    await client.closed
  })

  test('a client that does not read its answers is not read from either', async () => {
    let started = 0
    const bytes = Buffer.alloc(64 * 1024)
    await start([
      {
        api: APIS.SyncGroup,
        ordering: 'strict',
        handle: () => {
          started++
          return { errorCode: 0, assignment: bytes }
        },
      },
    ])
    const client = await connect()
    client.connection.pause()
    const request = { groupId: 'g', generationId: 1, memberId: 'm', assignments: [] }
    const frame = Buffer.concat(
      encodeRequestFrame({ correlationId: 1, clientId: null }, APIS.SyncGroup.request, request, 5),
    )
    const count = 2_000
    const answers = Array.from({ length: count }, () => client.expect(APIS.SyncGroup, 5))
    client.write(Buffer.concat(Array.from({ length: count }, () => frame)))
    await until(() => started > 0)
    await settle()
    expect(started).toBeLessThan(count / 2)
    client.connection.resume()
    await Promise.all(answers)
  })
})
