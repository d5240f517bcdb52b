/**
 * Reads a schema as Avro Java 1.12 does: forward references and identical redefinitions are fine, nested unions,
 * unknown names and text behind the schema are not. Two passes: types are read with references left open, then the
 * references are closed and what needs whole types (unions, defaults, redefinitions) is judged.
 */
import { javaDoubleText } from '../json/java-numbers.ts'
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts'
import { type JsonLimits, JsonSyntaxError, readJson } from '../json/read-json.ts'
import { isValidDefault } from './default-value.ts'
import { structuralKey } from './print.ts'
import {
  type AvroProperties,
  type AvroSchema,
  type FieldOrder,
  isNamed,
  type NamedSchema,
  PRIMITIVE_TYPES,
  type PrimitiveType,
  type RecordField,
  type RecordSchema,
} from './schema.ts'
import { AvroSchemaError } from './schema-error.ts'
import { checkName, checkTypeName, type NameRule, TypeName } from './type-name.ts'

export interface ParseOptions {
  readonly nameRule?: NameRule
  /** Whether the default of a field has to fit its type. */
  readonly checksDefaults?: boolean
  /** Types of other texts that this one may name, by full name. */
  readonly knownTypes?: ReadonlyMap<string, NamedSchema>
  readonly limits?: JsonLimits
}

/** How a new schema is judged. */
export const STRICT_PARSING: ParseOptions = { nameRule: 'strict', checksDefaults: true }
/** How a schema is judged that is in the store already. */
export const LENIENT_PARSING: ParseOptions = { nameRule: 'unicode', checksDefaults: false }

/** Levels of types inside each other; recursion through names does not count. */
export const MAX_SCHEMA_DEPTH = 250

/** Throws {@link AvroSchemaError}. */
export function parseAvroSchema(text: string, options: ParseOptions = STRICT_PARSING): AvroSchema {
  try {
    return parseAvroJson(
      readJson(text, { allowsComments: true, ...(options.limits && { limits: options.limits }) }),
      options,
    )
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new AvroSchemaError(error.message, { cause: error })
    throw error
  }
}

/** The same for JSON that has been read. */
export function parseAvroJson(json: JsonValue, options: ParseOptions = STRICT_PARSING): AvroSchema {
  return new SchemaParser(options).parse(json)
}

/** Avro's own words: everything else is a property. They are the same for every kind of type, as in Avro Java. */
const SCHEMA_WORDS: ReadonlySet<string> = new Set(
  'doc fields items name namespace size symbols values type aliases'.split(' '),
)
const ENUM_WORDS: ReadonlySet<string> = new Set([...SCHEMA_WORDS, 'default'])
const FIELD_WORDS: ReadonlySet<string> = new Set('default doc name order type aliases'.split(' '))
const FIELD_ORDERS: ReadonlyMap<string, FieldOrder> = new Map([
  ['ascending', 'ascending'],
  ['descending', 'descending'],
  ['ignore', 'ignore'],
])

/** Puts a type where it belongs, now or once its name is known. */
type Place = (schema: AvroSchema) => void

class SchemaParser {
  private readonly nameRule: NameRule
  private readonly checksDefaults: boolean
  private readonly types: Map<string, NamedSchema>
  private readonly openReferences: (() => void)[] = []
  private readonly checks: (() => void)[] = []
  private depth = 0

  constructor(options: ParseOptions) {
    this.nameRule = options.nameRule ?? 'strict'
    this.checksDefaults = options.checksDefaults ?? true
    this.types = new Map(options.knownTypes)
  }

  parse(json: JsonValue): AvroSchema {
    let root: AvroSchema | undefined
    this.parseType(json, null, schema => {
      root = schema
    })
    for (const close of this.openReferences) close()
    for (const check of this.checks) check()
    if (root === undefined) throw new AvroSchemaError('the schema is empty')
    return root
  }

  private parseType(json: JsonValue, namespace: string | null, place: Place): void {
    if (++this.depth > MAX_SCHEMA_DEPTH) throw new AvroSchemaError(`types nest deeper than ${MAX_SCHEMA_DEPTH} levels`)
    if (typeof json === 'string') this.placeReference(json, namespace, place)
    else if (isJsonArray(json)) place(this.parseUnion(json, namespace))
    else if (isJsonObject(json)) this.parseObject(json, namespace, place)
    else throw new AvroSchemaError(`${json === null ? 'null' : 'a number or boolean'} is not a schema`)
    this.depth--
  }

  private placeReference(name: string, namespace: string | null, place: Place, properties: AvroProperties = new Map()) {
    if (PRIMITIVE_TYPES.has(name)) return place({ type: name as PrimitiveType, properties })
    const typeName = TypeName.of(name, namespace)
    const close = () => {
      const schema = this.types.get(typeName.fullName) ?? this.types.get(typeName.simpleName)
      if (schema === undefined) throw new AvroSchemaError(`undefined name: ${JSON.stringify(typeName.fullName)}`)
      place(schema)
    }
    if (this.types.has(typeName.fullName)) close()
    else this.openReferences.push(close)
  }

  private parseObject(json: JsonObject, namespace: string | null, place: Place): void {
    const type = json.get('type')
    if (typeof type !== 'string') throw new AvroSchemaError(type === undefined ? 'no type' : 'the type is not a text')
    switch (type) {
      case 'record':
      case 'error':
        return this.parseRecord(json, type === 'error', namespace, place)
      case 'enum':
        return this.parseEnum(json, namespace, place)
      case 'fixed':
        return this.parseFixed(json, namespace, place)
      case 'array': {
        const array = { type, items: UNPLACED, properties: propertiesOf(json, SCHEMA_WORDS) } as const
        const mutable: { items: AvroSchema } = array
        this.parseType(required(json, 'items', 'array'), namespace, items => {
          mutable.items = items
        })
        return place(array)
      }
      case 'map': {
        const map = { type, values: UNPLACED, properties: propertiesOf(json, SCHEMA_WORDS) } as const
        const mutable: { values: AvroSchema } = map
        this.parseType(required(json, 'values', 'map'), namespace, values => {
          mutable.values = values
        })
        return place(map)
      }
      default:
        return this.placeReference(type, namespace, place, propertiesOf(json, SCHEMA_WORDS))
    }
  }

  private parseUnion(json: readonly JsonValue[], namespace: string | null): AvroSchema {
    const branches: AvroSchema[] = new Array(json.length).fill(UNPLACED)
    json.forEach((branch, index) => {
      if (isJsonArray(branch)) throw new AvroSchemaError('a union directly inside a union')
      this.parseType(branch, namespace, schema => {
        branches[index] = schema
      })
    })
    this.checks.push(() => checkBranchesDiffer(branches))
    return { type: 'union', branches }
  }

  private parseRecord(json: JsonObject, isError: boolean, enclosing: string | null, place: Place): void {
    const name = this.nameOf(json, enclosing)
    const record: RecordSchema = {
      type: 'record',
      isError,
      name,
      doc: docOf(json),
      aliases: typeAliasesOf(json, name),
      fields: [],
      properties: propertiesOf(json, SCHEMA_WORDS),
    }
    this.define(record, place)
    const fields = required(json, 'fields', name.fullName)
    if (!isJsonArray(fields)) throw new AvroSchemaError(`the fields of ${name.fullName} are not an array`)
    const names = new Set<string>()
    record.fields = fields.map(field => {
      const parsed = this.parseField(field, name)
      if (names.has(parsed.name)) throw new AvroSchemaError(`duplicate field ${parsed.name} in record ${name.fullName}`)
      names.add(parsed.name)
      return parsed
    })
  }

  private parseField(json: JsonValue, record: TypeName): RecordField {
    if (!isJsonObject(json)) throw new AvroSchemaError(`a field of ${record.fullName} is not an object`)
    const name = json.get('name')
    if (typeof name !== 'string') throw new AvroSchemaError(`a field of ${record.fullName} has no name`)
    checkName(name, this.nameRule)
    const order = json.get('order') ?? 'ascending'
    const known = typeof order === 'string' ? FIELD_ORDERS.get(order.toLowerCase()) : undefined
    if (known === undefined) throw new AvroSchemaError(`field ${name} has an unknown order`)
    const field: RecordField & { defaultValue: JsonValue | undefined } = {
      name,
      type: UNPLACED,
      doc: docOf(json),
      defaultValue: json.get('default'),
      order: known,
      aliases: [...new Set(textsOf(json, 'aliases'))],
      properties: propertiesOf(json, FIELD_WORDS),
    }
    this.parseType(required(json, 'type', `field ${name}`), record.namespace, type => {
      field.type = type
    })
    if (field.type.type === 'float' || field.type.type === 'double')
      field.defaultValue = decimalDefault(name, field.defaultValue)
    this.checks.push(() => this.checkDefault(field))
    return field
  }

  private checkDefault(field: RecordField): void {
    if (!this.checksDefaults || field.defaultValue === undefined) return
    if (!isValidDefault(field.type, field.defaultValue))
      throw new AvroSchemaError(`the default of field ${field.name} does not fit its type ${describe(field.type)}`)
  }

  private parseEnum(json: JsonObject, enclosing: string | null, place: Place): void {
    const name = this.nameOf(json, enclosing)
    if (!isJsonArray(json.get('symbols'))) throw new AvroSchemaError(`enum ${name.fullName} has no symbols`)
    const symbols = textsOf(json, 'symbols')
    for (const symbol of symbols) checkName(symbol, this.nameRule)
    if (new Set(symbols).size < symbols.length) throw new AvroSchemaError(`enum ${name.fullName} has a symbol twice`)
    const defaultSymbol = json.get('default') ?? null
    if (defaultSymbol !== null && (typeof defaultSymbol !== 'string' || !symbols.includes(defaultSymbol)))
      throw new AvroSchemaError(`the default of enum ${name.fullName} is not one of its symbols`)
    this.define(
      {
        type: 'enum',
        name,
        doc: docOf(json),
        aliases: typeAliasesOf(json, name),
        symbols,
        defaultSymbol,
        properties: propertiesOf(json, ENUM_WORDS),
      },
      place,
    )
  }

  private parseFixed(json: JsonObject, enclosing: string | null, place: Place): void {
    const name = this.nameOf(json, enclosing)
    const size = json.get('size')
    const sizeBytes = size instanceof JsonNumber && size.isInteger ? size.toNumber() : -1
    if (sizeBytes < 0 || sizeBytes > 2 ** 31 - 1)
      throw new AvroSchemaError(`the size of fixed ${name.fullName} is not an integer from 0 to 2^31-1`)
    this.define(
      {
        type: 'fixed',
        name,
        doc: docOf(json),
        aliases: typeAliasesOf(json, name),
        sizeBytes,
        properties: propertiesOf(json, SCHEMA_WORDS),
      },
      place,
    )
  }

  /** Of two equal definitions the first is used for both. */
  private define(schema: NamedSchema, place: Place): void {
    const known = this.types.get(schema.name.fullName)
    place(known ?? schema)
    if (known === undefined) this.types.set(schema.name.fullName, schema)
    else
      this.checks.push(() => {
        if (structuralKey(known) !== structuralKey(schema))
          throw new AvroSchemaError(`can't redefine: ${schema.name.fullName}`)
      })
  }

  private nameOf(json: JsonObject, enclosing: string | null): TypeName {
    const text = json.get('name')
    if (typeof text !== 'string') throw new AvroSchemaError('no name in schema')
    const namespace = json.get('namespace')
    const name = TypeName.of(text, typeof namespace === 'string' ? namespace : enclosing)
    if (PRIMITIVE_TYPES.has(name.fullName)) throw new AvroSchemaError(`schemas may not be named ${name.fullName}`)
    checkTypeName(name, this.nameRule)
    return name
  }
}

/** Stands where a type goes that a later pass puts in; never left in a parsed schema. */
const UNPLACED: AvroSchema = Object.freeze({ type: 'union', branches: [] })

function required(json: JsonObject, member: string, owner: string): JsonValue {
  const value = json.get(member)
  if (value === undefined || value === null) throw new AvroSchemaError(`${owner} has no ${member}`)
  return value
}

/** `"NaN"` and `"1.5"` are numbers as the default of a float or double, and nowhere inside other defaults. */
function decimalDefault(field: string, value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (!/^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)$/.test(text))
    throw new AvroSchemaError(`the default of field ${field} is not a number`)
  const number = Number(
    text
      .replace(/[fFdD]$/, '')
      .replace('+', '')
      .replace('-NaN', 'NaN'),
  )
  return new JsonNumber(javaDoubleText(number))
}

function docOf(json: JsonObject): string | null {
  const doc = json.get('doc')
  return typeof doc === 'string' ? doc : null
}

function textsOf(json: JsonObject, member: string): readonly string[] {
  const texts = json.get(member)
  if (texts === undefined) return []
  if (!isJsonArray(texts)) throw new AvroSchemaError(`${member} is not an array`)
  return texts.map(text => {
    if (typeof text !== 'string') throw new AvroSchemaError(`one of ${member} is not a text`)
    return text
  })
}

function typeAliasesOf(json: JsonObject, name: TypeName): readonly TypeName[] {
  const aliases = new Map<string, TypeName>()
  for (const text of textsOf(json, 'aliases')) {
    const alias = TypeName.of(text, name.namespace)
    if (!aliases.has(alias.fullName)) aliases.set(alias.fullName, alias)
  }
  return [...aliases.values()]
}

function propertiesOf(json: JsonObject, words: ReadonlySet<string>): AvroProperties {
  return new Map([...json].filter(([name]) => !words.has(name)))
}

function checkBranchesDiffer(branches: readonly AvroSchema[]): void {
  const names = new Set<string>()
  for (const branch of branches) {
    if (branch.type === 'union') throw new AvroSchemaError('a union directly inside a union')
    const name = describe(branch)
    if (names.has(name)) throw new AvroSchemaError(`duplicate in union: ${name}`)
    names.add(name)
  }
}

function describe(schema: AvroSchema): string {
  return isNamed(schema) ? schema.name.fullName : schema.type
}
