import { MillraceError } from '@millrace/protocol'

/** A schema to register or look up. */
export interface SchemaDefinition {
  readonly text: string
  /** `AVRO` by default. */
  readonly schemaType?: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

export interface RegisteredSchema {
  readonly id: number
  /** Null from registries before 8.x. */
  readonly guid: string | null
}

export interface FoundSchema {
  readonly schemaType: string
  /** With the types of its references written out. */
  readonly text: string
}

/** What serdes need of a registry. Calls reject with {@link RegistryCallError}. */
export interface RegistryClient {
  register(subject: string, schema: SchemaDefinition, options?: { normalize?: boolean }): Promise<RegisteredSchema>
  lookup(subject: string, schema: SchemaDefinition, options?: { normalize?: boolean }): Promise<RegisteredSchema>
  /** Of the newest live version. */
  latest(subject: string): Promise<RegisteredSchema & FoundSchema>
  /** At once where nothing has to be asked for; may then throw what the promise would reject with. */
  byId(id: number): FoundSchema | Promise<FoundSchema>
  byGuid(guid: string): FoundSchema | Promise<FoundSchema>
}

/** The registry said no, could not be reached, or answered nonsense. */
export class RegistryCallError extends MillraceError {
  readonly code: string
  constructor(
    message: string,
    /** The registry's `error_code`; null when there was no such answer. */
    readonly errorCode: number | null,
    override readonly retriable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = errorCode === null ? 'REGISTRY_UNREACHABLE' : `REGISTRY_${errorCode}`
  }
}
