import {
  array,
  bytes,
  int8,
  int16,
  int32,
  message,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 51 (KIP-554). */
export const AlterUserScramCredentialsRequest = message({
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  fields: {
    deletions: {
      type: array(struct({ name: { type: string, versions: '0+' }, mechanism: { type: int8, versions: '0+' } })),
      versions: '0+',
    },
    upsertions: {
      type: array(
        struct({
          name: { type: string, versions: '0+' },
          mechanism: { type: int8, versions: '0+', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
          iterations: { type: int32, versions: '0+' },
          salt: { type: bytes, versions: '0+' },
          saltedPassword: { type: bytes, versions: '0+', about: 'The password itself never travels.' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type AlterUserScramCredentialsRequest = ValueOf<typeof AlterUserScramCredentialsRequest>

export const AlterUserScramCredentialsResponse = message({
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    results: {
      type: array(
        struct({
          user: { type: string, versions: '0+' },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
  },
})
export type AlterUserScramCredentialsResponse = ValueOf<typeof AlterUserScramCredentialsResponse>
