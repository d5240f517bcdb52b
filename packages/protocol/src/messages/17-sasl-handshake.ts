import { array, int16, message, string, type ValueOf } from '../wire/schema.ts'

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
  fields: { errorCode: { type: int16, versions: '0+' }, mechanisms: { type: array(string), versions: '0+' } },
})
export type SaslHandshakeResponse = ValueOf<typeof SaslHandshakeResponse>
