import {
  type ParsedSchema,
  type ParseRequest,
  SchemaParseError,
  type SchemaProvider,
} from '../subjects/schema-provider.ts'
import { type Incompatibility, type IncompatibilityType, incompatibilitiesOf } from './compatibility.ts'
import { normalizedSchema } from './normalize.ts'
import { LENIENT_PARSING, parseAvroSchema, STRICT_PARSING } from './parse.ts'
import { canonicalText, namedTypesOf, structuralKey } from './print.ts'
import type { AvroSchema, NamedSchema } from './schema.ts'
import { AvroSchemaError } from './schema-error.ts'

export const AVRO_PROVIDER: SchemaProvider = {
  schemaType: 'AVRO',
  parse(request) {
    try {
      return parse(request)
    } catch (error) {
      if (error instanceof AvroSchemaError) throw new SchemaParseError(error.message, { cause: error })
      throw error
    }
  },
}

function parse({ text, dependencies, isStrict }: ParseRequest): ParsedAvroSchema {
  const knownTypes = new Map<string, NamedSchema>()
  for (const dependency of dependencies)
    namedTypesOf(parseAvroSchema(dependency.text, { ...LENIENT_PARSING, knownTypes }), knownTypes)
  const schema = parseAvroSchema(text, { ...(isStrict ? STRICT_PARSING : LENIENT_PARSING), knownTypes })
  return new ParsedAvroSchema(schema, knownTypes)
}

export class ParsedAvroSchema implements ParsedSchema {
  readonly schemaType = 'AVRO'
  readonly canonicalText: string
  private key: string | undefined

  constructor(
    readonly schema: AvroSchema,
    /** Types that come from references, by full name. */
    private readonly knownTypes: ReadonlyMap<string, NamedSchema>,
  ) {
    this.canonicalText = canonicalText(schema, knownTypes.values())
  }

  get structuralKey(): string {
    this.key ??= structuralKey(this.schema)
    return this.key
  }

  normalized(): ParsedAvroSchema {
    return new ParsedAvroSchema(normalizedSchema(this.schema, this.knownTypes), this.knownTypes)
  }

  formatted(format: string): string {
    return format === 'resolved' ? canonicalText(this.schema) : this.canonicalText
  }

  problemsReading(writer: ParsedSchema): readonly string[] {
    if (!(writer instanceof ParsedAvroSchema)) return ['Incompatible because of different schema type']
    try {
      return incompatibilitiesOf(this.schema, writer.schema).map(describeIncompatibility)
    } catch (error) {
      if (error instanceof AvroSchemaError) return [error.message]
      throw error
    }
  }
}

const DESCRIPTIONS: Record<IncompatibilityType, (path: string, message: string) => string> = {
  TYPE_MISMATCH: path => `The type (path '${path}') of a field in the %s schema does not match with the %s schema`,
  NAME_MISMATCH: path => `The name of the schema has changed (path '${path}')`,
  FIXED_SIZE_MISMATCH: path =>
    `The size of FIXED type field at path '${path}' in the %s schema does not match with the %s schema`,
  MISSING_ENUM_SYMBOLS: (path, symbols) =>
    `The %s schema is missing enum symbols '${symbols}' at path '${path}' in the %s schema`,
  MISSING_UNION_BRANCH: path =>
    `The %s schema is missing a type inside a union field at path '${path}' in the %s schema`,
  READER_FIELD_MISSING_DEFAULT_VALUE: (path, field) =>
    `The field '${field}' at path '${path}' in the %s schema has no default value and is missing in the %s schema`,
}

function describeIncompatibility({ type, path, message }: Incompatibility): string {
  const description = DESCRIPTIONS[type](path, message)
  return `{errorType:'${type}', description:'${description}', additionalInfo:'${message}'}`
}
