import { type KafkaErrorName, kafkaErrorOf } from './error-codes.ts'
import { MillraceError } from './millrace-error.ts'

/** An error code of the protocol as an exception. `code` is its name, `errorCode` its number. */
export class KafkaError extends MillraceError {
  readonly code: KafkaErrorName
  readonly errorCode: number
  override readonly retriable: boolean
  /** `detail` says what failed (`commit of group g`) or is the text a broker sent. */
  constructor(errorCode: number, detail?: string) {
    const info = kafkaErrorOf(errorCode)
    super(detail === undefined || detail === '' ? info.message : `${detail}: ${info.message}`)
    this.code = info.name
    this.errorCode = errorCode
    this.retriable = info.retriable
  }
}
