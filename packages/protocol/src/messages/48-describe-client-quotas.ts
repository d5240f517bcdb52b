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
          matchType: { type: int8, versions: '0+' },
          match: { type: nullableString, versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    strict: { type: bool, versions: '0+' },
  },
})
export type DescribeClientQuotasRequest = ValueOf<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = message({
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
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
                  entityName: { type: nullableString, versions: '0+' },
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
    },
  },
})
export type DescribeClientQuotasResponse = ValueOf<typeof DescribeClientQuotasResponse>
