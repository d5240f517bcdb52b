/**
 * TLS and SASL as Apache Kafka does them. `npm run interop:kafka` starts a broker for it, whose sessions end after four
 * seconds.
 */
import { join } from 'node:path'
import { Admin, type AdminOptions, Consumer, Producer } from '@millrace/client'
import { beforeAll, expect, test } from 'vitest'

/** Long enough for a session to be renewed. */
const BUSY_MS = 6_000
const certificates = join(import.meta.dirname, '../../packages/client/test/security/certificates')
const truststore = { sslTruststoreLocation: join(certificates, 'ca.pem') }
const keystore = {
  sslKeystoreLocation: join(certificates, 'client.p12'),
  sslKeystoreType: 'PKCS12',
  sslKeystorePassword: 'secret',
} as const

function listener(name: 'SASL_SSL' | 'SASL_PLAINTEXT' | 'SSL') {
  const bootstrapServers = process.env[`MILLRACE_KAFKA_${name}`]
  if (bootstrapServers === undefined)
    throw new Error(`MILLRACE_KAFKA_${name} names no brokers: use npm run interop:kafka`)
  return { bootstrapServers, securityProtocol: name } as const
}
/** A token that Kafka's validator for tests accepts. */
const token = (lifeSeconds: number) => async () => {
  const seconds = Math.floor(Date.now() / 1000)
  const part = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url')
  const claims = { sub: 'alice', iat: seconds, exp: seconds + lifeSeconds }
  return { value: `${part({ alg: 'none' })}.${part(claims)}.`, expiresAtMs: claims.exp * 1000 }
}
const alice = { saslUsername: 'alice', saslPassword: 'alice-secret' }

const bob = { saslUsername: 'bob', saslPassword: 'bob, secret=ü' }
beforeAll(async () => {
  const bootstrapServers = process.env.MILLRACE_KAFKA_SERVERS
  if (bootstrapServers === undefined)
    throw new Error('MILLRACE_KAFKA_SERVERS names no brokers: use npm run interop:kafka')
  await using admin = new Admin({ bootstrapServers })
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)
    await admin.alterUserScramCredentials([
      { user: bob.saslUsername, mechanism, password: bob.saslPassword, iterations: 8_192 },
    ])
})

const WAYS: readonly [string, AdminOptions][] = [
  ['PLAIN over TLS', { ...listener('SASL_SSL'), ...truststore, saslMechanism: 'PLAIN', ...alice }],
  ['PLAIN', { ...listener('SASL_PLAINTEXT'), saslMechanism: 'PLAIN', ...alice }],
  [
    'OAUTHBEARER',
    { ...listener('SASL_PLAINTEXT'), saslMechanism: 'OAUTHBEARER', oauthBearerTokenProvider: token(3_600) },
  ],
  ['SCRAM-SHA-256', { ...listener('SASL_PLAINTEXT'), saslMechanism: 'SCRAM-SHA-256', ...bob }],
  ['SCRAM-SHA-512 over TLS', { ...listener('SASL_SSL'), ...truststore, saslMechanism: 'SCRAM-SHA-512', ...bob }],
  ['a certificate of the client', { ...listener('SSL'), ...truststore, ...keystore }],
]

test.each(WAYS)('%s, for longer than a session lasts', async (name, options) => {
  const topic = `secure-${name.replaceAll(/\W+/g, '-')}-${Date.now()}`
  await using admin = new Admin(options)
  await admin.createTopics([{ name: topic, partitions: 1 }])
  await using producer = new Producer(options)
  await using consumer = new Consumer({ ...options, groupId: topic, autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  const sends: Promise<unknown>[] = []
  let received = 0
  const endMs = Date.now() + BUSY_MS
  while (Date.now() < endMs) {
    for (let index = 0; index < 5; index++) sends.push(producer.send({ topic, value: 'x' }))
    for (const batch of await consumer.poll({ maxWaitMs: 50 })) received += batch.records.length
  }
  await Promise.all(sends)
  for (let batches = [undefined] as readonly unknown[]; batches.length > 0 && received < sends.length; ) {
    const polled = await consumer.poll({ maxWaitMs: 2_000 })
    for (const batch of polled) received += batch.records.length
    batches = polled
  }
  expect(received).toBe(sends.length)
})

test.each<[string, AdminOptions, string]>([
  [
    'a wrong password',
    { ...listener('SASL_PLAINTEXT'), saslMechanism: 'PLAIN', ...alice, saslPassword: 'x' },
    'Invalid username or password',
  ],
  [
    'an unknown user',
    { ...listener('SASL_PLAINTEXT'), saslMechanism: 'SCRAM-SHA-256', saslUsername: 'eve', saslPassword: 'x' },
    'SCRAM-SHA-256',
  ],
  [
    'a token that is over',
    { ...listener('SASL_PLAINTEXT'), saslMechanism: 'OAUTHBEARER', oauthBearerTokenProvider: token(-100) },
    'invalid_token',
  ],
  ['a broker nobody vouches for', listener('SSL'), 'TLS'],
  ['a client without a certificate', { ...listener('SSL'), ...truststore }, 'TLS'],
])('refuses %s at once', async (_, options, reason) => {
  await using admin = new Admin(options)
  await expect(admin.listTopics()).rejects.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
    message: expect.stringContaining(reason),
  })
})
