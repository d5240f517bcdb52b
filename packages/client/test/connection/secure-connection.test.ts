/** TLS and SASL between a client's connection and brokers that insist on them. */
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Connection, memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import { APIS, ErrorCode, encodeResponseFrame } from '@millrace/protocol'
import { afterEach, expect, test } from 'vitest'
import { CONNECTION_CONFIG } from '../../src/config/connection-config.ts'
import { parseOptions } from '../../src/config/options.ts'
import { BrokerConnection } from '../../src/connection/broker-connection.ts'
import { FrameSplitter } from '../../src/connection/frame-splitter.ts'
import { connectionSecurity } from '../../src/security/connection-security.ts'
import { plain } from '../../src/security/plain.ts'
import { answerApiVersions, type ReceivedRequest, type Script, ScriptedBroker } from './scripted-broker.ts'

const real = realPlatform()
const never = new AbortController().signal
const certificate = (name: string) => readFileSync(join(import.meta.dirname, '../security/certificates', name))
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A broker that speaks TLS and answers ApiVersions. */
async function tlsBroker(options: TlsOptions | null): Promise<{ port: number }> {
  const serve = (socket: Socket) => {
    const splitter = new FrameSplitter(1_000_000)
    socket.on('error', () => {})
    const connection = { write: (chunks: readonly Uint8Array[]) => socket.write(Buffer.concat(chunks)) }
    const answer = (frame: Buffer) =>
      answerApiVersions(
        { apiKey: 18, version: frame.readInt16BE(2), correlationId: frame.readInt32BE(4) },
        connection as unknown as Connection,
      )
    socket.on('data', chunk => {
      try {
        splitter.push(chunk as Buffer, answer)
      } catch {
        // What came is no frame; a broker closes the connection then.
        socket.destroy()
      }
    })
  }
  const server = options === null ? createServer(serve) : createTlsServer(options, serve)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port }
}
const LOCALHOST = { cert: certificate('localhost.pem'), key: certificate('localhost.key') }
const ELSEWHERE = { cert: certificate('elsewhere.pem'), key: certificate('elsewhere.key') }
const CA = String(certificate('ca.pem'))
const WITH_CLIENTS = { ...LOCALHOST, ca: CA, requestCert: true, rejectUnauthorized: true }
const CLIENT = {
  sslKeystoreCertificateChain: String(certificate('client.pem')),
  sslKeystoreKey: String(certificate('client.key')),
}

async function connectTls(port: number, options: Record<string, unknown>, host = '127.0.0.1') {
  const { values } = parseOptions(CONNECTION_CONFIG, { securityProtocol: 'SSL', ...options })
  const security = connectionSecurity(values, {}, real)
  const settings = { clientId: 'test', connectTimeoutMs: 5_000, maxIdleMs: -1, security }
  const connection = await BrokerConnection.open({ host, port }, settings, real, () => {}, never)
  closers.push(() => connection.close())
  return connection
}

test.each([
  ['by address', LOCALHOST, { sslTruststoreCertificates: CA }, '127.0.0.1'],
  ['by name', LOCALHOST, { sslTruststoreCertificates: CA }, 'localhost'],
  ['TLS 1.2 only', { ...LOCALHOST, maxVersion: 'TLSv1.2' }, { sslTruststoreCertificates: CA }, '127.0.0.1'],
  ['with a certificate of the client', WITH_CLIENTS, { sslTruststoreCertificates: CA, ...CLIENT }, '127.0.0.1'],
  [
    'whatever its name',
    ELSEWHERE,
    { sslTruststoreCertificates: CA, sslEndpointIdentificationAlgorithm: '' },
    '127.0.0.1',
  ],
] as const)('reaches a broker %s', async (_, server, options, host) => {
  const { port } = await tlsBroker(server as TlsOptions)
  expect((await connectTls(port, options, host)).isOpen).toBe(true)
})

test.each([
  ['that nobody vouches for', LOCALHOST, {}],
  ['with the name of another', ELSEWHERE, { sslTruststoreCertificates: CA }],
  ['that wants a certificate', WITH_CLIENTS, { sslTruststoreCertificates: CA }],
  [
    'with older versions only',
    { ...LOCALHOST, maxVersion: 'TLSv1.2' },
    { sslTruststoreCertificates: CA, sslEnabledProtocols: ['TLSv1.3'] },
  ],
] as const)('refuses a broker %s, for good', async (_, server, options) => {
  const { port } = await tlsBroker(server as TlsOptions | null)
  await expect(connectTls(port, options)).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', retriable: false })
})

test('a broker without TLS looks like one that hangs up', async () => {
  const { port } = await tlsBroker(null)
  await expect(connectTls(port, {})).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    retriable: true,
    message: expect.stringContaining('TLS'),
  })
})

/** A broker that wants PLAIN from alice and takes her word for `lifetimeMs`. */
function saslScript(lifetimeMs: number, answerOthers: Script): Script {
  let isAuthenticated = false
  return (request, connection, index) => {
    const { apiKey, version, correlationId } = request
    const answer = <I>(api: { response: unknown }, body: I) =>
      connection.write(encodeResponseFrame(correlationId, api.response as never, body as never, version))
    switch (apiKey) {
      case APIS.ApiVersions.key:
        return answerApiVersions(request, connection)
      case APIS.SaslHandshake.key:
        isAuthenticated = false
        return void answer(APIS.SaslHandshake, { errorCode: 0, mechanisms: ['PLAIN'] })
      case APIS.SaslAuthenticate.key:
        isAuthenticated = true
        return void answer(APIS.SaslAuthenticate, {
          errorCode: 0,
          errorMessage: null,
          authBytes: Buffer.alloc(0),
          sessionLifetimeMs: lifetimeMs,
        })
      default:
        if (!isAuthenticated) return connection.destroy()
        return answerOthers(request, connection, index)
    }
  }
}
const answerMetadata = ({ correlationId, version }: ReceivedRequest, connection: Connection) => {
  connection.write(encodeResponseFrame(correlationId, APIS.Metadata.response, { brokers: [], topics: [] }, version))
}
async function connectSasl(script: Script, platform: Platform = { ...real, network: memoryNetwork(real.timers) }) {
  const broker = await ScriptedBroker.listen(platform.network, script)
  const settings = {
    clientId: 'test',
    connectTimeoutMs: 2_000,
    maxIdleMs: -1,
    security: { sasl: plain('alice', 'secret') },
  }
  const connection = await BrokerConnection.open(broker.address, settings, platform, () => {}, never)
  closers.push(
    () => connection.close(),
    () => broker.close(),
  )
  return { broker, connection }
}
const metadata = (connection: BrokerConnection) =>
  connection.request(APIS.Metadata, () => ({ topics: [] }), { timeoutMs: 2_000 })

test('authenticates before anything else', async () => {
  const { broker, connection } = await connectSasl(saslScript(0, answerMetadata))
  await metadata(connection)
  expect(broker.requests.map(({ apiKey }) => apiKey)).toEqual([18, 17, 36, 3])
})

test('authenticates again before its time is over; requests wait meanwhile and lose nothing', async () => {
  let nowMs = 0
  const clock = { ...real.clock, monotonicMs: () => nowMs }
  const platform = { ...real, clock, network: memoryNetwork(real.timers) }
  const { broker, connection } = await connectSasl(saslScript(10_000, answerMetadata), platform)
  await metadata(connection)
  nowMs = 8_400
  await metadata(connection)
  expect(broker.requests.map(({ apiKey }) => apiKey)).toEqual([18, 17, 36, 3, 3])
  nowMs = 8_600
  await Promise.all([metadata(connection), metadata(connection), metadata(connection)])
  expect(broker.requests.map(({ apiKey }) => apiKey).slice(5)).toEqual([17, 36, 3, 3, 3])
  await metadata(connection)
  expect(broker.requests).toHaveLength(11)
})

test.each([
  [
    'a mechanism it does not have',
    APIS.SaslHandshake,
    { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: ['GSSAPI', 'OAUTHBEARER'] },
    'but GSSAPI, OAUTHBEARER',
  ],
  [
    'SASL where there is none',
    APIS.SaslHandshake,
    { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] },
    'this listener has no SASL',
  ],
  [
    'a wrong password',
    APIS.SaslAuthenticate,
    {
      errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Invalid username or password',
      authBytes: Buffer.alloc(0),
    },
    'Invalid username or password',
  ],
])('says why a broker refuses %s', async (_, api, body, reason) => {
  const script: Script = (request, connection, index) => {
    if (request.apiKey !== api.key) return saslScript(0, answerMetadata)(request, connection, index)
    connection.write(encodeResponseFrame(request.correlationId, api.response as never, body as never, request.version))
  }
  await expect(connectSasl(script)).rejects.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
    retriable: false,
    message: expect.stringContaining(reason),
  })
})
