import { bytes, int16, int64, message, nullableString, type ValueOf } from '../wire/schema.ts'

/** API key 36. v1 session lifetime (KIP-368). */
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
    sessionLifetimeMs: {
      type: int64,
      versions: '1+',
      default: 0,
      ignorable: true,
      about: 'After that long the client must authenticate again; 0: never (KIP-368).',
    },
  },
})
export type SaslAuthenticateResponse = ValueOf<typeof SaslAuthenticateResponse>
