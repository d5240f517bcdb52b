import { MillraceError } from '@millrace/protocol'

/** Under which subject the schema of a topic's keys or values is registered. */
export const SUBJECT_NAME_STRATEGIES = ['TopicName', 'RecordName', 'TopicRecordName'] as const
export type SubjectNameStrategy = (typeof SUBJECT_NAME_STRATEGIES)[number]

export class NamelessSchemaError extends MillraceError {
  readonly code = 'NAMELESS_SCHEMA'
  constructor(readonly strategy: SubjectNameStrategy) {
    super(`${strategy} names subjects after the record, and the schema has no name: use a record, or TopicName`)
  }
}

/** `recordName`: full name of the schema, null if it has none. Throws {@link NamelessSchemaError}. */
export function subjectName(
  strategy: SubjectNameStrategy,
  topic: string,
  isKey: boolean,
  recordName: string | null,
): string {
  if (strategy === 'TopicName') return `${topic}-${isKey ? 'key' : 'value'}`
  if (recordName === null) throw new NamelessSchemaError(strategy)
  return strategy === 'RecordName' ? recordName : `${topic}-${recordName}`
}
