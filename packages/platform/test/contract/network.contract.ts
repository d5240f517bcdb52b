import { type Connection, type Listener, type Network, NetworkError } from '@millrace/platform'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Form, World } from './form.ts'

const HOST = '127.0.0.1'

/** What every Network promises on a good day. */
export function networkContract(form: Form): void {
  describe(`${form.name} network`, () => {
    let world: World
    let network: Network
    let listener: Listener | undefined
    beforeEach(async () => {
      world = await form.open()
      network = world.platform.network
    })
    afterEach(async () => {
      await listener?.close()
      listener = undefined
    })

    async function listen(onConnection: (connection: Connection) => void = () => {}): Promise<Listener> {
      listener = await network.listen({ host: HOST, port: 0 }, onConnection)
      return listener
    }
    const connect = (port: number) => network.connect({ host: HOST, port, timeoutMs: 5_000 })

    /** Both ends of a new connection. */
    async function connected(): Promise<[client: End, server: End]> {
      const accepted = deferred<End>()
      const { port } = await listen(connection => accepted.resolve(new End(connection)))
      const client = new End(await connect(port))
      return [client, await accepted.promise]
    }

    test('port 0 picks a port; a port in use is refused', () =>
      world.run(async () => {
        const { port } = await listen()
        expect(port).toBeGreaterThan(0)
        await expect(network.listen({ host: HOST, port }, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
      }))

    test('connecting where nobody listens, or no longer, is refused', () =>
      world.run(async () => {
        const { port, close } = await listen()
        await close()
        await expect(connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        await expect(connect(port)).rejects.toBeInstanceOf(NetworkError)
      }))

    test('a port is free again after close', () =>
      world.run(async () => {
        const { port, close } = await listen()
        await close()
        listener = await network.listen({ host: HOST, port }, () => {})
        expect(listener.port).toBe(port)
      }))

    test('connect rejects with the reason of an aborted signal', () =>
      world.run(async () => {
        const { port } = await listen()
        const reason = new Error('changed my mind')
        const options = { host: HOST, port, timeoutMs: 5_000 }
        await expect(network.connect({ ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
        const controller = new AbortController()
        const connecting = network.connect({ ...options, signal: controller.signal })
        controller.abort(reason)
        await expect(connecting).rejects.toBe(reason)
      }))

    test('bytes arrive once, in order, both ways', () =>
      world.run(async () => {
        const [client, server] = await connected()
        for (let line = 0; line < 100; line++) {
          client.connection.write([Buffer.from(`c${line}`), Buffer.from(';')])
          server.connection.write([Buffer.from(`s${line};`)])
        }
        client.connection.end()
        await Promise.all([client.closed, server.closed])
        expect(server.text).toBe(Array.from({ length: 100 }, (_, line) => `c${line};`).join(''))
        expect(client.text).toBe(Array.from({ length: 100 }, (_, line) => `s${line};`).join(''))
      }))

    test('nothing is lost before the handler is set, and nothing delivered', () =>
      world.run(async () => {
        const accepted = deferred<Connection>()
        const { port } = await listen(connection => accepted.resolve(connection))
        const client = new End(await connect(port))
        client.connection.write([Buffer.from('early')])
        client.connection.end()
        const connection = await accepted.promise
        await world.platform.timers.sleep(20)
        const server = new End(connection)
        await server.closed
        expect(server.text).toBe('early')
      }))

    test('what was received belongs to the receiver', () =>
      world.run(async () => {
        const [client, server] = await connected()
        const bytes = Buffer.from('abc')
        client.connection.write([bytes])
        client.connection.end()
        await server.closed
        server.chunks[0]!.fill('x')
        expect(bytes.toString()).toBe('abc')
      }))

    test('a paused reader gets nothing, its writer is held back, and all arrives after resume', () =>
      world.run(async () => {
        const [client, server] = await connected()
        server.connection.pause()
        const chunk = Buffer.alloc(256 * 1024, 'x')
        let sent = 0
        while (client.connection.write([chunk]) && sent < 1000) sent++
        sent++
        expect(sent).toBeLessThan(1000)
        await world.platform.timers.sleep(20)
        expect(server.receivedBytes).toBe(0)
        // What the system's buffers took is gone from here; more makes sure that they are full.
        while (client.connection.write([chunk]) && sent < 1000) sent++
        sent++
        expect(client.connection.pendingBytes).toBeGreaterThan(0)
        server.connection.resume()
        await client.drained
        expect(client.connection.pendingBytes).toBe(0)
        client.connection.end()
        await server.closed
        expect(server.receivedBytes).toBe(sent * chunk.length)
      }))

    test('what was sent may be changed from then on', () =>
      world.run(async () => {
        const [client, server] = await connected()
        server.connection.pause()
        let sentCalls = 0
        for (let count = 0; count < 40; count++) {
          const chunk = Buffer.alloc(256 * 1024, 'a')
          client.connection.write([Buffer.from('a'), chunk], () => {
            chunk.fill('b')
            sentCalls++
          })
        }
        // Not all of it: the reader reads nothing.
        await world.platform.timers.sleep(20)
        server.connection.resume()
        client.connection.end()
        await server.closed
        expect(server.text).toBe('a'.repeat(40 * (256 * 1024 + 1)))
        expect(sentCalls).toBe(40)
      }))

    test('an end closes both ends without an error, after everything was delivered', () =>
      world.run(async () => {
        const [client, server] = await connected()
        server.connection.write([Buffer.alloc(100_000)])
        server.connection.end()
        server.connection.end()
        expect(server.connection.write([Buffer.from('ignored')])).toBe(true)
        expect(await Promise.all([client.closed, server.closed])).toEqual([undefined, undefined])
        expect(client.receivedBytes).toBe(100_000)
      }))

    test('destroy closes at once; the peer sees an end or a reset', () =>
      world.run(async () => {
        const [client, server] = await connected()
        client.connection.destroy()
        client.connection.destroy()
        expect(client.closes).toBe(0)
        expect(await client.closed).toBeUndefined()
        const error = await server.closed
        expect([undefined, 'ECONNRESET']).toContain(error?.code)
        client.connection.write([Buffer.from('ignored')])
        await world.platform.timers.sleep(5)
        expect([client.closes, server.closes, server.receivedBytes]).toEqual([1, 1, 0])
      }))

    test('a destroyed connection delivers nothing more, even from inside onData', () =>
      world.run(async () => {
        const [client, server] = await connected()
        server.onData = () => server.connection.destroy()
        for (let write = 0; write < 50; write++) client.connection.write([Buffer.alloc(10_000)])
        await server.closed
        expect(server.chunks).toHaveLength(1)
      }))

    test('closing the listener leaves open connections alone', () =>
      world.run(async () => {
        const [client, server] = await connected()
        await listener!.close()
        client.connection.write([Buffer.from('still here')])
        client.connection.end()
        await server.closed
        expect(server.text).toBe('still here')
      }))
  })
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

/** One end of a connection with all that happened to it. */
class End {
  readonly chunks: Buffer[] = []
  closes = 0
  readonly closed: Promise<NetworkError | undefined>
  readonly drained: Promise<void>
  onData: () => void = () => {}

  constructor(readonly connection: Connection) {
    const closed = deferred<NetworkError | undefined>()
    const drained = deferred<void>()
    this.closed = closed.promise
    this.drained = drained.promise
    connection.handler = {
      onData: chunk => {
        this.chunks.push(chunk)
        this.onData()
      },
      onDrain: drained.resolve,
      onClose: error => {
        this.closes++
        closed.resolve(error)
      },
    }
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  get receivedBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }
}
