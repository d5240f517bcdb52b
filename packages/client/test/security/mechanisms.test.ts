import { SeededRandom } from '@millrace/platform'
import { expect, test } from 'vitest'
import { parseJaasConfig } from '../../src/security/jaas-config.ts'
import { type OAuthBearerToken, oauthBearer } from '../../src/security/oauth-bearer.ts'
import { plain } from '../../src/security/plain.ts'
import { ScramExchange, scram } from '../../src/security/scram.ts'

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())

test('PLAIN is one message', async () => {
  const exchange = plain('alice', 'se,cret=ü').begin('host')
  expect(text(await exchange.respond(null))).toBe('\0alice\0se,cret=ü')
  expect(await exchange.respond(Buffer.alloc(0))).toBeNull()
})

// RFC 7677, section 3; the other one was made with an independent implementation (Python's hashlib and hmac).
const CONVERSATIONS = [
  {
    name: 'SCRAM-SHA-256',
    hash: 'sha256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const

test.each(CONVERSATIONS)('$name as in the RFC', conversation => {
  const exchange = new ScramExchange('host', conversation.hash, 'user', 'pencil', conversation.nonce)
  expect(text(exchange.respond(null))).toBe(conversation.first)
  expect(text(exchange.respond(Buffer.from(conversation.serverFirst)))).toBe(conversation.final)
  expect(exchange.respond(Buffer.from(conversation.serverFinal))).toBeNull()
})

test.each([
  ['a nonce that is not ours', 'r=other,s=QSXCR+Q6sek8bf92,i=4096', 'nonce'],
  ['our nonce alone', 'r=mine,s=QSXCR+Q6sek8bf92,i=4096', 'nonce'],
  ['too few iterations', 'r=mine2,s=QSXCR+Q6sek8bf92,i=1', 'iterations'],
  ['iterations that would block for minutes', 'r=mine2,s=QSXCR+Q6sek8bf92,i=999999999', 'iterations'],
  ['no iterations', 'r=mine2,s=QSXCR+Q6sek8bf92', 'iterations'],
  ['nothing', '', 'nonce'],
])('SCRAM refuses %s', (_, serverFirst, reason) => {
  const exchange = new ScramExchange('host', 'sha512', 'user', 'pencil', 'mine')
  exchange.respond(null)
  expect(() => exchange.respond(Buffer.from(serverFirst))).toThrow(reason)
})

test.each([
  ['that does not know the password', 'v=AAAA', 'does not know the password'],
  ['that signs nothing', '', 'does not know the password'],
  ['that says why not', 'e=unknown-user', 'unknown-user'],
])('SCRAM refuses a broker %s', (_, serverFinal, reason) => {
  const exchange = new ScramExchange('host', 'sha256', 'user', 'pencil', 'mine')
  exchange.respond(null)
  exchange.respond(Buffer.from('r=mine2,s=QSXCR+Q6sek8bf92,i=4096'))
  expect(() => exchange.respond(Buffer.from(serverFinal))).toThrow(reason)
})

test('SCRAM quotes names and has a new nonce for each conversation', () => {
  const mechanism = scram('SCRAM-SHA-512', 'a=b,c', 'p', new SeededRandom(1))
  const first = text(mechanism.begin('host').respond(null) as Uint8Array)
  const second = text(mechanism.begin('host').respond(null) as Uint8Array)
  expect(first).toMatch(/^n,,n=a=3Db=2Cc,r=[^,]{32}$/)
  expect(second).not.toBe(first)
})

function tokens(lives: readonly number[]) {
  let nowMs = 1_000_000
  let calls = 0
  const provider = async (): Promise<OAuthBearerToken> => {
    const lifeMs = lives[calls++]!
    if (lifeMs < 0) throw new Error('the token endpoint is down')
    return { value: `token-${calls}`, expiresAtMs: nowMs + lifeMs, extensions: { logicalCluster: 'lkc-1' } }
  }
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const mechanism = oauthBearer(provider, { clock, random: new SeededRandom(1) })
  return {
    begin: () => mechanism.begin('host'),
    say: async () => text(await mechanism.begin('host').respond(null)),
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}
const message = (token: string) => `n,,\x01auth=Bearer ${token}\x01logicalCluster=lkc-1\x01\x01`

test('OAUTHBEARER shares a token until it nears its end', async () => {
  const { say, pass } = tokens([100_000, 100_000])
  expect(await Promise.all([say(), say()])).toEqual([message('token-1'), message('token-1')])
  pass(79_000)
  expect(await say()).toBe(message('token-1'))
  pass(7_000)
  expect(await say()).toBe(message('token-2'))
})
test('OAUTHBEARER asks again after a failure', async () => {
  const { say } = tokens([-1, 100_000])
  await expect(say()).rejects.toThrow('endpoint is down')
  expect(await say()).toBe(message('token-2'))
})
test('OAUTHBEARER forgets a token that the broker refuses', async () => {
  const { begin, say } = tokens([100_000, 100_000])
  const exchange = begin()
  await exchange.respond(null)
  expect(text(await exchange.respond(Buffer.from('{"status":"invalid_token"}')))).toBe('\x01')
  expect(await say()).toBe(message('token-2'))
})
test.each([
  [{ value: 'a\x01b' }, 'characters'],
  [{ value: '' }, 'empty'],
  [{ value: 'a', extensions: { auth: 'Bearer other' } }, 'no SASL extension'],
  [{ value: 'a', extensions: { 'x\x01y': '1' } }, 'no SASL extension'],
  [{ value: 'a', extensions: { x: '\x01' } }, 'no SASL extension'],
])('OAUTHBEARER refuses %j', async (token, reason) => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 }
  const mechanism = oauthBearer(async () => ({ expiresAtMs: 1, ...token }), { clock, random: new SeededRandom(1) })
  await expect(mechanism.begin('host').respond(null)).rejects.toThrow(reason)
})

test.each([
  ['org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="p w";', 'alice', 'p w'],
  ["x.ScramLoginModule required\n  username='bob'\n  password='it\\'s;' serviceName=kafka;", 'bob', "it's;"],
  ['M required username=eve password=1', 'eve', '1'],
  ['M required;', '', ''],
])('reads %s', (line, username, password) => {
  expect(parseJaasConfig(line)).toEqual({ username, password })
})
test.each(['', 'username=a', 'M sometimes username=a;', 'M required username="a'])('refuses %j', line => {
  expect(() => parseJaasConfig(line)).toThrow(/hidden/)
})
