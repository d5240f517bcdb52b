/** The other end of a connection: answers frames by a script, so that tests can be as odd as brokers can. */
import type { Connection, Listener, Network } from '@millrace/platform'
import { APIS, encodeResponseFrame } from '@millrace/protocol'
import { FrameSplitter } from '../../src/connection/frame-splitter.ts'

export interface ReceivedRequest {
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
}

/** Answers one request: writes to the connection, or does not. */
export type Script = (request: ReceivedRequest, connection: Connection, index: number) => void

export class ScriptedBroker {
  readonly requests: ReceivedRequest[] = []
  readonly connections: Connection[] = []

  private constructor(private readonly listener: Listener) {}

  static async listen(network: Network, script: Script): Promise<ScriptedBroker> {
    const connected = (connection: Connection) => {
      broker.connections.push(connection)
      const splitter = new FrameSplitter(1_000_000)
      connection.handler = {
        onData(chunk) {
          splitter.push(chunk, frame => {
            const request = {
              apiKey: frame.readInt16BE(0),
              version: frame.readInt16BE(2),
              correlationId: frame.readInt32BE(4),
            }
            script(request, connection, broker.requests.push(request) - 1)
          })
        },
        onClose() {},
      }
    }
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, connected)
    const broker: ScriptedBroker = new ScriptedBroker(listener)
    return broker
  }

  get address() {
    return { host: '127.0.0.1', port: this.listener.port }
  }
  async close(): Promise<void> {
    await this.listener.close()
    for (const connection of this.connections) connection.destroy()
  }
}

/** What a broker of today says it speaks. */
export function answerApiVersions({ version, correlationId }: ReceivedRequest, connection: Connection): void {
  const apiKeys = Object.values(APIS).map(({ key, advertised }) => ({
    apiKey: key,
    minVersion: advertised.min,
    maxVersion: advertised.max,
  }))
  connection.write(encodeResponseFrame(correlationId, APIS.ApiVersions.response, { errorCode: 0, apiKeys }, version))
}
