import {
  array,
  bool,
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

export const DescribeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  fields: {
    resources: {
      type: array(
        struct({
          resourceType: { type: int8, versions: '0+' },
          resourceName: { type: string, versions: '0+' },
          configurationKeys: { type: nullable(array(string)), versions: '0+' },
        }),
      ),
      versions: '0+',
    },
    includeSynonyms: { type: bool, versions: '1+', default: false },
    includeDocumentation: { type: bool, versions: '3+', default: false },
  },
})
export type DescribeConfigsRequest = ValueOf<typeof DescribeConfigsRequest>

export const DescribeConfigsResponse = message({
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: { type: int32, versions: '0+', default: 0 },
    results: {
      type: array(
        struct({
          errorCode: { type: int16, versions: '0+' },
          errorMessage: { type: nullableString, versions: '0+' },
          resourceType: { type: int8, versions: '0+' },
          resourceName: { type: string, versions: '0+' },
          configs: {
            type: array(
              struct({
                name: { type: string, versions: '0+' },
                value: { type: nullableString, versions: '0+' },
                readOnly: { type: bool, versions: '0+' },
                isDefault: { type: bool, versions: '0', default: false },
                configSource: { type: int8, versions: '1+', default: -1, ignorable: true },
                isSensitive: { type: bool, versions: '0+' },
                synonyms: {
                  type: array(
                    struct({
                      name: { type: string, versions: '1+' },
                      value: { type: nullableString, versions: '1+' },
                      source: { type: int8, versions: '1+' },
                    }),
                  ),
                  versions: '1+',
                  default: [],
                  ignorable: true,
                },
                configType: { type: int8, versions: '3+', default: 0, ignorable: true },
                documentation: { type: nullableString, versions: '3+', default: '', ignorable: true },
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
export type DescribeConfigsResponse = ValueOf<typeof DescribeConfigsResponse>
