import {
  array,
  bool,
  float64,
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

/** API key 48 (KIP-546). */
export const DescribeClientQuotasRequest = message({
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    components: {
      type: array(
        struct({
          entityType: { type: string, versions: '0+' },
          matchType: {
            type: int8,
            versions: '0+',
            about: '0: exactly `match`, 1: the default entity, 2: any entity of the type.',
          },
          match: { type: nullableString, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    strict: { type: bool, versions: '0+', about: 'True: entities with other components do not match.' },
  },
})
export type DescribeClientQuotasRequest = ValueOf<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = message({
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
    errorCode: { type: int16, versions: '0+' },
    errorMessage: { type: nullableString, versions: '0+' },
    entries: {
      type: nullable(
        array(
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
            values: {
              type: array(struct({ key: { type: string, versions: '0+' }, value: { type: float64, versions: '0+' } })),
              versions: '0+',
            },
          }),
        ),
      ),
      versions: '0+',
      about: 'Null with an error.',
    },
  },
})
export type DescribeClientQuotasResponse = ValueOf<typeof DescribeClientQuotasResponse>
