import {
  array,
  int8,
  int16,
  int32,
  message,
  nullable,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 50 (KIP-554). */
export const DescribeUserScramCredentialsRequest = message({
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  fields: {
    users: {
      type: nullable(array(struct({ name: { type: string, versions: '0+' } }))),
      versions: '0+',
      about: 'Null or empty: all.',
    },
  },
})
export type DescribeUserScramCredentialsRequest = ValueOf<typeof DescribeUserScramCredentialsRequest>

export const DescribeUserScramCredentialsResponse = message({
  name: 'DescribeUserScramCredentialsResponse',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
    results: {
      type: array(
        struct({
          user: { type: string, versions: '0+' },
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
          credentialInfos: {
            type: array(
              struct({
                mechanism: { type: int8, versions: '0+', about: '1: SCRAM-SHA-256, 2: SCRAM-SHA-512.' },
                iterations: { type: int32, versions: '0+' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
  },
})
export type DescribeUserScramCredentialsResponse = ValueOf<typeof DescribeUserScramCredentialsResponse>
