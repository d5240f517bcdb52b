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

/** API key 32. v1 sources and synonyms (KIP-226); v3 types and documentation (KIP-569). */
export const DescribeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  fields: {
    resources: {
      type: array(
        struct({
          resourceType: {
            type: int8,
            versions: '0+',
            about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
          },
          resourceName: { type: string, versions: '0+' },
          configurationKeys: { type: nullable(array(string)), versions: '0+', about: 'Null: all.' },
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
    throttleTimeMs: {
      type: int32,
      versions: '0+',
      default: 0,
      about: 'How long the broker delayed this answer, or wants the client to pause, because of a quota.',
    },
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
                value: { type: nullableString, versions: '0+', about: 'Null for what is sensitive or has no value.' },
                readOnly: { type: bool, versions: '0+' },
                isDefault: {
                  type: bool,
                  versions: '0',
                  default: false,
                  about: 'Version 0; later ones say configSource.',
                },
                configSource: {
                  type: int8,
                  versions: '1+',
                  default: -1,
                  ignorable: true,
                  about:
                    '1 topic, 2 dynamic broker, 3 dynamic default broker, 4 static broker, 5 default, 6 dynamic broker logger, 7 client metrics, 8 group.',
                },
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
                  about: 'Where else the value may come from, the strongest first.',
                },
                configType: {
                  type: int8,
                  versions: '3+',
                  default: 0,
                  ignorable: true,
                  about: '1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.',
                },
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
