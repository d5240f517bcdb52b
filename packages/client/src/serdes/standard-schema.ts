/** What validators such as zod, valibot and arktype have in common: https://standardschema.dev, version 1. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The schema as a function that returns what it makes of a value, or throws an Error that lists what is wrong. */
export function checkOf<Output>(schema: StandardSchema<Output>): (value: unknown) => Output {
  return value => {
    const result = schema['~standard'].validate(value)
    if (result instanceof Promise) {
      result.catch(() => {}) // Nobody waits for it.
      throw new Error(`the ${schema['~standard'].vendor} schema validates asynchronously, and serdes cannot wait`)
    }
    if (result.issues === undefined) return result.value
    throw new Error(result.issues.map(describe).join('; '))
  }
}

function describe({ message, path = [] }: SchemaIssue): string {
  if (path.length === 0) return message
  const keys = path.map(segment => String(typeof segment === 'object' ? segment.key : segment))
  return `${keys.join('.')}: ${message}`
}
