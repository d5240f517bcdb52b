import { bytes, int16, int64, message, nullableString, type ValueOf } from '../wire/schema.ts'

export const SaslAuthenticateRequest = message({
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: { authBytes: { type: bytes, versions: '0+' } },
})
export type SaslAuthenticateRequest = ValueOf<typeof SaslAuthenticateRequest>

export const SaslAuthenticateResponse = message({
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
    authBytes: { type: bytes, versions: '0+' },
    sessionLifetimeMs: { type: int64, versions: '1+', default: 0, ignorable: true },
  },
})
export type SaslAuthenticateResponse = ValueOf<typeof SaslAuthenticateResponse>
