import { array, bool, float64, int8, message, nullableString, string, struct, type ValueOf } from '../../wire/schema.ts'

export const ConfigRecord = message({
  name: 'ConfigRecord',
  apiKey: 4,
  versions: '0',
  flexible: '0+',
  fields: {
    resourceType: {
      type: int8,
      versions: '0+',
      about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
    },
    resourceName: { type: string, versions: '0+' },
    name: { type: string, versions: '0+' },
    value: { type: nullableString, versions: '0+', about: 'Null: back to the default.' },
  },
})
export type ConfigRecord = ValueOf<typeof ConfigRecord>

export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  apiKey: 14,
  versions: '0',
  flexible: '0+',
  fields: {
    entity: {
      type: array(
        struct({
          entityType: { type: string, versions: '0+' },
          entityName: { type: nullableString, versions: '0+', about: 'Null: the default entity.' },
        }),
      ),
      versions: '0+',
    },
    key: { type: string, versions: '0+' },
    value: { type: float64, versions: '0+' },
    remove: { type: bool, versions: '0+', about: 'True: `value` is ignored.' },
  },
})
export type ClientQuotaRecord = ValueOf<typeof ClientQuotaRecord>
