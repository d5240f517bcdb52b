/** SCRAM (RFC 5802, RFC 7677) as Kafka has it: UTF-8 without SASLprep, no channel binding. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import type { Random } from '@millrace/platform'
import { AuthenticationError, type SaslExchange, type SaslMechanism } from './sasl-exchange.ts'

const NONCE_BYTES = 24
/** Brokers store no fewer (RFC 7677); a lower count would let who poses as one guess the password. */
const LEAST_ITERATIONS = 4_096
/** Deriving the key blocks the event loop: some tenth of a second at most. Kafka stores 16,384 at most. */
const MOST_ITERATIONS = 262_144
/** `n,,` in Base64: no channel binding, no other authorization id. */
const CHANNEL_BINDING = 'biws'

export type ScramMechanismName = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
const HASHES = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
const HASH_BYTES = { sha256: 32, sha512: 64 } as const
type HashName = keyof typeof HASH_BYTES

export function scram(name: ScramMechanismName, username: string, password: string, random: Random): SaslMechanism {
  return {
    name,
    begin: host => {
      const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('base64')
      return new ScramExchange(host, HASHES[name], username, password, nonce)
    },
  }
}

/** What brokers keep instead of a password (RFC 5802, `Hi`). */
export function saltedPassword(
  mechanism: ScramMechanismName,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Buffer {
  return saltedWith(HASHES[mechanism], password, salt, iterations)
}

function saltedWith(hash: HashName, password: string, salt: Uint8Array, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, HASH_BYTES[hash], hash)
}

/** Exported for the RFCs' examples, which have their own nonce. */
export class ScramExchange implements SaslExchange {
  private readonly firstBare: string
  private awaits: 'nothing' | 'salt' | 'signature' = 'nothing'
  private serverSignature = Buffer.alloc(0)

  constructor(
    private readonly broker: string,
    private readonly hash: HashName,
    username: string,
    private readonly password: string,
    private readonly nonce: string,
  ) {
    this.firstBare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  respond(challenge: Buffer | null): Uint8Array | null {
    switch (this.awaits) {
      case 'nothing':
        this.awaits = 'salt'
        return Buffer.from(`n,,${this.firstBare}`)
      case 'salt':
        this.awaits = 'signature'
        return this.prove(String(challenge ?? ''))
      case 'signature':
        this.verify(String(challenge ?? ''))
        return null
    }
  }

  private prove(serverFirst: string): Uint8Array {
    const { r: nonce = '', s: salt = '', i: iterations = '' } = attributesOf(serverFirst)
    if (!nonce.startsWith(this.nonce) || nonce.length === this.nonce.length)
      throw this.failure('its nonce does not begin with the one it was sent')
    const count = /^\d+$/.test(iterations) ? Number(iterations) : 0
    if (count < LEAST_ITERATIONS || count > MOST_ITERATIONS)
      throw this.failure(
        `it asks for ${iterations || 'no'} iterations, ${LEAST_ITERATIONS} to ${MOST_ITERATIONS} are safe`,
      )
    const { hash } = this
    const salted = saltedWith(hash, this.password, Buffer.from(salt, 'base64'), count)
    const clientKey = createHmac(hash, salted).update('Client Key').digest()
    const storedKey = createHash(hash).update(clientKey).digest()
    const finalBare = `c=${CHANNEL_BINDING},r=${nonce}`
    const authMessage = `${this.firstBare},${serverFirst},${finalBare}`
    const clientSignature = createHmac(hash, storedKey).update(authMessage).digest()
    const serverKey = createHmac(hash, salted).update('Server Key').digest()
    this.serverSignature = createHmac(hash, serverKey).update(authMessage).digest()
    const proof = clientKey.map((byte, index) => byte ^ clientSignature[index]!)
    return Buffer.from(`${finalBare},p=${Buffer.from(proof).toString('base64')}`)
  }

  private verify(serverFinal: string): void {
    const { e: error, v: verifier = '' } = attributesOf(serverFinal)
    if (error !== undefined) throw this.failure(error)
    const signature = Buffer.from(verifier, 'base64')
    if (signature.length !== this.serverSignature.length || !timingSafeEqual(signature, this.serverSignature))
      throw this.failure('it does not know the password: its signature is wrong')
  }

  private failure(reason: string): AuthenticationError {
    return new AuthenticationError(this.broker, reason)
  }
}

/** `r=…,s=…,i=…`; values may contain `=`. */
function attributesOf(message: string): Record<string, string | undefined> {
  const attributes: Record<string, string | undefined> = Object.create(null)
  for (const part of message.split(',')) if (part[1] === '=') attributes[part[0]!] = part.slice(2)
  return attributes
}
