import type { Connection, Network, NetworkError } from '@millrace/platform'
import { type Api, decodeResponse, encodeRequestFrame, type InputOf, type ValueOf } from '@millrace/protocol'

interface Expected {
  readonly api: Api
  readonly version: number
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** Raw frames in, decoded answers out, in order: the least a client can be. */
export class ProtocolClient {
  /** Resolves when the broker has closed the connection. */
  readonly closed: Promise<NetworkError | undefined>
  private readonly expected: Expected[] = []
  private chunks: Buffer[] = []
  private receivedBytes = 0
  /** Answers are put together once there are so many bytes. */
  private wantedBytes = 4
  private nextCorrelationId = 1
  private isClosed = false

  private constructor(readonly connection: Connection) {
    this.closed = new Promise(resolve => {
      connection.handler = {
        onData: chunk => this.receive(chunk),
        onClose: error => {
          this.isClosed = true
          for (const one of this.expected.splice(0)) one.reject(new Error('the broker closed the connection'))
          resolve(error)
        },
      }
    })
  }

  static async connect(network: Network, port: number): Promise<ProtocolClient> {
    return new ProtocolClient(await network.connect({ host: '127.0.0.1', port, timeoutMs: 5_000 }))
  }

  /** Sends a request at the newest version both sides know, or at `version`. */
  send<A extends Api>(
    api: A,
    value: InputOf<A['request']>,
    version = api.advertised.max,
  ): Promise<ValueOf<A['response']>> {
    const answered = this.expect(api, version)
    this.sendOnly(api, value, version)
    return answered
  }

  /** Sends a request that gets no answer (Produce with acks=0). */
  sendOnly<A extends Api>(api: A, value: InputOf<A['request']>, version = api.advertised.max): void {
    const header = { correlationId: this.nextCorrelationId++, clientId: 'test' }
    this.connection.write(encodeRequestFrame(header, api.request, value as never, version))
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.connection.write([bytes])
  }
  /** Expects an answer to bytes that {@link write} sent. */
  expect<A extends Api>(api: A, version: number): Promise<ValueOf<A['response']>> {
    if (this.isClosed) return Promise.reject(new Error('the connection is closed'))
    const answered = new Promise((resolve, reject) => this.expected.push({ api, version, resolve, reject }))
    // A test that closes the broker on purpose does not have to look at every answer it leaves open.
    answered.catch(() => undefined)
    return answered as Promise<ValueOf<A['response']>>
  }

  close(): void {
    this.connection.destroy()
  }

  private receive(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.receivedBytes += chunk.length
    while (this.receivedBytes >= this.wantedBytes) {
      const received = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)
      this.chunks = [received]
      this.wantedBytes = 4 + received.readInt32BE()
      if (this.receivedBytes < this.wantedBytes) return
      const frame = received.subarray(4, this.wantedBytes)
      this.chunks = [received.subarray(this.wantedBytes)]
      this.receivedBytes -= this.wantedBytes
      this.wantedBytes = 4
      const one = this.expected.shift()
      if (one === undefined) throw new Error('an answer that nobody waits for')
      try {
        one.resolve(decodeResponse(one.api.response, frame, one.version))
      } catch (error) {
        one.reject(error as Error)
      }
    }
  }
}
