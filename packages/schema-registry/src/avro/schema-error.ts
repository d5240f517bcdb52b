import { MillraceError } from '@millrace/protocol'

/** A text that is not an Avro schema. */
export class AvroSchemaError extends MillraceError {
  readonly code = 'INVALID_AVRO_SCHEMA'
}
