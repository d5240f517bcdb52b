import { array, int16, message, string, type ValueOf } from '../wire/schema.ts'

/** API key 17. v0: raw tokens follow; v1: SaslAuthenticate requests follow. */
export const SaslHandshakeRequest = message({
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  fields: { mechanism: { type: string, versions: '0+' } },
})
export type SaslHandshakeRequest = ValueOf<typeof SaslHandshakeRequest>

export const SaslHandshakeResponse = message({
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  flexible: 'none',
  fields: {
    errorCode: { type: int16, versions: '0+' },
    mechanisms: { type: array(string), versions: '0+', about: 'What the broker offers.' },
  },
})
export type SaslHandshakeResponse = ValueOf<typeof SaslHandshakeResponse>
