/** How settings of a resource change: old ones and changes give new ones, and records that make them so. Pure. */
import type { MetadataRecordInput } from '@millrace/protocol'
import type { ConfigResourceType } from './config-resource.ts'

/** Settings in Kafka's text form, null for those to be taken away. */
export type ConfigChanges = ReadonlyMap<string, string | null>

export function changedConfigs(own: ReadonlyMap<string, string>, changes: ConfigChanges): ReadonlyMap<string, string> {
  const next = new Map(own)
  for (const [setting, value] of changes) {
    if (value === null) next.delete(setting)
    else next.set(setting, value)
  }
  return next
}

export function configRecords(
  type: ConfigResourceType,
  resource: string,
  changes: ConfigChanges,
): MetadataRecordInput[] {
  return [...changes].map(([setting, value]) => configRecord(type, resource, setting, value))
}

/** A null value takes the resource's own setting away. */
export function configRecord(
  resourceType: ConfigResourceType,
  resourceName: string,
  name: string,
  value: string | null,
): MetadataRecordInput {
  return { kind: 'ConfigRecord', value: { resourceType, resourceName, name, value } }
}
