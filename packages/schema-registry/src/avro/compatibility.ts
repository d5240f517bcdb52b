/**
 * Can data written with one schema be read with another? The algorithm of Avro Java 1.12 (`SchemaCompatibility`) with
 * its list of problems, their order and their places; the registry's verdicts and messages are built on it. Two habits
 * of the original are kept because its answers show them: only unqualified names are compared, and a pair of types that
 * is met again reports its problems at the place where it was met first.
 */
import type { AvroSchema, EnumSchema, FixedSchema, NamedSchema, RecordField, RecordSchema } from './schema.ts'
import { AvroSchemaError } from './schema-error.ts'

export type IncompatibilityType =
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'
  | 'MISSING_UNION_BRANCH'

export interface Incompatibility {
  readonly type: IncompatibilityType
  /** JSON pointer into the reader's schema; `/` is its root. */
  readonly path: string
  readonly message: string
}

/**
 * All problems, in the original's order; none when `reader` can read what `writer` wrote. Throws
 * {@link AvroSchemaError} when an alias of the reader matches several fields of the writer, and when the two are too large to be compared.
 */
export function incompatibilitiesOf(reader: AvroSchema, writer: AvroSchema): readonly Incompatibility[] {
  return new CompatibilityCheck().problems(reader, writer, '')
}

/** A type used many times repeats its problems each time: a small schema could have more than fit into memory. */
export const MAX_INCOMPATIBILITIES = 1_000
/** Pairs of types in one check: two unions of n and m branches make n × m. */
export const MAX_COMPARED_PAIRS = 250_000

const PROMOTIONS: ReadonlySet<string> = new Set([
  'int→long',
  'int→float',
  'int→double',
  'long→float',
  'long→double',
  'float→double',
  'string→bytes',
  'bytes→string',
])

const NONE: readonly Incompatibility[] = []

class CompatibilityCheck {
  /** By reader, then writer, as objects. A pair that is being compared counts as compatible. */
  private readonly known = new Map<AvroSchema, Map<AvroSchema, readonly Incompatibility[]>>()
  private comparedPairs = 0

  problems(reader: AvroSchema, writer: AvroSchema, path: string): readonly Incompatibility[] {
    let byWriter = this.known.get(reader)
    if (byWriter === undefined) this.known.set(reader, (byWriter = new Map()))
    const known = byWriter.get(writer)
    if (known !== undefined) return known
    if (++this.comparedPairs > MAX_COMPARED_PAIRS) throw new AvroSchemaError('the schemas are too large to be compared')
    byWriter.set(writer, NONE)
    const found = this.compare(reader, writer, path).slice(0, MAX_INCOMPATIBILITIES)
    byWriter.set(writer, found)
    return found
  }

  private compare(reader: AvroSchema, writer: AvroSchema, path: string): readonly Incompatibility[] {
    if (reader.type === 'union' && writer.type === 'union')
      return writer.branches.flatMap((branch, index) =>
        this.problems(reader, branch, '').length > 0 ? [missingBranch(branch, `${path}/${index}`)] : NONE,
      )
    if (writer.type === 'union')
      return writer.branches.flatMap((branch, index) => this.problems(reader, branch, `${path}/${index}`))
    if (reader.type === 'union') {
      const isReadable = reader.branches.some(branch => this.problems(branch, writer, '').length === 0)
      return isReadable ? NONE : [missingBranch(writer, path)]
    }
    if (reader.type === 'array' && writer.type === 'array')
      return this.problems(reader.items, writer.items, `${path}/items`)
    if (reader.type === 'map' && writer.type === 'map')
      return this.problems(reader.values, writer.values, `${path}/values`)
    if (reader.type === 'fixed' && writer.type === 'fixed')
      return [...compareNames(reader, writer, path), ...compareSizes(reader, writer, path)]
    if (reader.type === 'enum' && writer.type === 'enum')
      return [...compareNames(reader, writer, path), ...compareSymbols(reader, writer, path)]
    if (reader.type === 'record' && writer.type === 'record')
      return [...compareNames(reader, writer, path), ...this.compareFields(reader, writer, path)]
    if (reader.type === writer.type || PROMOTIONS.has(`${writer.type}→${reader.type}`)) return NONE
    return [typeMismatch(reader, writer, path)]
  }

  private compareFields(reader: RecordSchema, writer: RecordSchema, path: string): readonly Incompatibility[] {
    return reader.fields.flatMap((field, index) => {
      const place = `${path}/fields/${index}`
      const written = writerFieldOf(field, writer)
      if (written !== undefined) return this.problems(field.type, written.type, `${place}/type`)
      if (field.defaultValue !== undefined) return NONE
      // The original takes the default of an enum type for a default of the field, and then compares the enum with the
      // whole record.
      if (field.type.type === 'enum' && field.type.defaultSymbol !== null)
        return this.problems(field.type, writer, `${place}/type`)
      return [{ type: 'READER_FIELD_MISSING_DEFAULT_VALUE', path: place, message: field.name }] as const
    })
  }
}

/** By name or by alias of the reader. Throws {@link AvroSchemaError} if several match. */
export function writerFieldOf(field: RecordField, writer: RecordSchema): RecordField | undefined {
  const names = new Set([field.name, ...field.aliases])
  const matches = writer.fields.filter(written => names.has(written.name))
  if (matches.length > 1)
    throw new AvroSchemaError(
      `Reader record field ${field.name} matches multiple fields in writer record schema ${writer.name.fullName}`,
    )
  return matches[0]
}

/** Equal simple names, or an alias of the reader that is the writer's full name. */
export function namesMatch(reader: NamedSchema, writer: NamedSchema): boolean {
  return (
    reader.name.simpleName === writer.name.simpleName ||
    reader.aliases.some(alias => alias.fullName === writer.name.fullName)
  )
}

function compareNames(reader: NamedSchema, writer: NamedSchema, path: string): readonly Incompatibility[] {
  if (namesMatch(reader, writer)) return NONE
  return [{ type: 'NAME_MISMATCH', path: `${path}/name`, message: `expected: ${writer.name.fullName}` }]
}

function compareSizes(reader: FixedSchema, writer: FixedSchema, path: string): readonly Incompatibility[] {
  if (reader.sizeBytes === writer.sizeBytes) return NONE
  const message = `expected: ${writer.sizeBytes}, found: ${reader.sizeBytes}`
  return [{ type: 'FIXED_SIZE_MISMATCH', path: `${path}/size`, message }]
}

function compareSymbols(reader: EnumSchema, writer: EnumSchema, path: string): readonly Incompatibility[] {
  if (reader.defaultSymbol !== null) return NONE
  const known = new Set(reader.symbols)
  const missing = writer.symbols.filter(symbol => !known.has(symbol)).sort()
  if (missing.length === 0) return NONE
  return [{ type: 'MISSING_ENUM_SYMBOLS', path: `${path}/symbols`, message: `[${missing.join(', ')}]` }]
}

function typeMismatch(reader: AvroSchema, writer: AvroSchema, path: string): Incompatibility {
  const message = `reader type: ${typeWord(reader)} not compatible with writer type: ${typeWord(writer)}`
  return { type: 'TYPE_MISMATCH', path: path === '' ? '/' : path, message }
}

function missingBranch(writer: AvroSchema, path: string): Incompatibility {
  const message = `reader union lacking writer type: ${typeWord(writer)}`
  return { type: 'MISSING_UNION_BRANCH', path: path === '' ? '/' : path, message }
}

function typeWord(schema: AvroSchema): string {
  return schema.type.toUpperCase()
}
