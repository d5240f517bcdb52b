/** What the registry refuses: the original's codes and texts (reference: Confluent Schema Registry 8.x, `Errors`). */
import { MillraceError } from '@millrace/protocol'

export class RegistryError extends MillraceError {
  readonly code: string
  constructor(
    /** As in the answer's `error_code`; its first three digits are the HTTP status. */
    readonly errorCode: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = `REGISTRY_${errorCode}`
  }

  get httpStatus(): number {
    return Number(String(this.errorCode).slice(0, 3))
  }
}

const text = JSON.stringify

export const subjectNotFound = (subject: string) => new RegistryError(40401, `Subject '${subject}' not found.`)
export const versionNotFound = (version: number | string) => new RegistryError(40402, `Version ${version} not found.`)
export const schemaNotFound = (id?: number | string) =>
  new RegistryError(40403, id === undefined ? 'Schema not found' : `Schema ${id} not found`)
export const subjectSoftDeleted = (subject: string) =>
  new RegistryError(40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`)
export const subjectNotSoftDeleted = (subject: string) =>
  new RegistryError(40405, `Subject '${subject}' was not deleted first before being permanently deleted`)
export const versionSoftDeleted = (subject: string, version: number) =>
  new RegistryError(
    40406,
    `Subject '${subject}' Version ${version} was soft deleted.Set permanent=true to delete permanently`,
  )
export const versionNotSoftDeleted = (subject: string, version: number) =>
  new RegistryError(
    40407,
    `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
  )
export const configNotFound = (subject: string) =>
  new RegistryError(40408, `Subject '${subject}' does not have subject-level compatibility configured`)
export const modeNotFound = (subject: string) =>
  new RegistryError(40409, `Subject '${subject}' does not have subject-level mode configured`)
export const incompatibleSchema = (subject: string, messages: readonly string[]) =>
  new RegistryError(
    40901,
    `Schema being registered is incompatible with an earlier schema for subject ${text(subject)}, ` +
      `details: [${messages.join(', ')}]`,
  )
export const invalidSchema = (reason: string, options?: ErrorOptions) => new RegistryError(42201, reason, options)
export const invalidVersion = (version: string) =>
  new RegistryError(
    42202,
    `The specified version '${version}' is not a valid version id. ` +
      'Allowed values are between [1, 2^31-1] and the string "latest"',
  )
export const invalidCompatibilityLevel = () =>
  new RegistryError(
    42203,
    'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, ' +
      'forward_transitive, and full_transitive',
  )
export const invalidMode = (reason: string) => new RegistryError(42204, reason)
export const notPermitted = (reason: string) => new RegistryError(42205, reason)
export const referenceExists = (subject: string, version: number) =>
  new RegistryError(
    42206,
    `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
  )
export const invalidSubject = (subject: string) =>
  new RegistryError(42208, `The specified subject '${subject}' is not a valid.`)
export const schemaTooLarge = () => new RegistryError(42209, 'Register operation failed because schema is too large')
export const invalidRuleSet = (reason: string) => new RegistryError(42210, `Invalid rule set: ${reason}`)
export const contextNotEmpty = (context: string) => new RegistryError(42211, `Context '${context}' is not empty.`)
export const storeFailed = (reason: string, options?: ErrorOptions) => new RegistryError(50001, reason, options)
export const storeTimedOut = (reason: string, options?: ErrorOptions) => new RegistryError(50002, reason, options)
