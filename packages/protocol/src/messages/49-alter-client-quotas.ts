import {
  array,
  bool,
  float64,
  int16,
  int32,
  message,
  nullableString,
  string,
  struct,
  type ValueOf,
} from '../wire/schema.ts'

/** API key 49 (KIP-546). */
export const AlterClientQuotasRequest = message({
  name: 'AlterClientQuotasRequest',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  fields: {
    entries: {
      type: array(
        struct({
          entity: {
            type: array(
              struct({
                entityType: { type: string, versions: '0+' },
                entityName: { type: nullableString, versions: '0+', about: 'Null: the default entity.' },
              }),
            ),
            versions: '0+',
          },
          ops: {
            type: array(
              struct({
                key: { type: string, versions: '0+' },
                value: { type: float64, versions: '0+' },
                remove: { type: bool, versions: '0+', about: 'True: `value` is ignored.' },
              }),
            ),
            versions: '0+',
          },
        }),
      ),
      versions: '0+',
    },
    validateOnly: { type: bool, versions: '0+', about: 'Check everything, change nothing.' },
  },
})
export type AlterClientQuotasRequest = ValueOf<typeof AlterClientQuotasRequest>

export const AlterClientQuotasResponse = message({
  name: 'AlterClientQuotasResponse',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    entries: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
          entity: {
            type: array(
              struct({
                entityType: { type: string, versions: '0+' },
                entityName: { type: nullableString, versions: '0+', about: 'Null: the default entity.' },
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
export type AlterClientQuotasResponse = ValueOf<typeof AlterClientQuotasResponse>
