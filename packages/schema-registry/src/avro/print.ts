/**
 * Schemas as text. A named type is written out where it comes first and by name afterwards; a name is relative to the
 * namespace around it.
 */
import type { JsonValue } from '../json/json-value.ts'
import { printJson, printJsonString, printSortedJson } from '../json/print-json.ts'
import { type AvroProperties, type AvroSchema, isNamed, type NamedSchema, type RecordField } from './schema.ts'

interface PrintStyle {
  /** Whether two equal properties in another order, or two equal sets of aliases, print the same. */
  readonly isOrdered: boolean
  /** Types that are only ever named: they come from other texts. */
  readonly leftByName: ReadonlySet<NamedSchema>
}

/**
 * The text that the registry stores and serves: byte for byte what Avro Java's `Schema.toString` gives with the types of
 * `leftByName`, which come from references, left by name.
 */
export function canonicalText(schema: AvroSchema, leftByName: Iterable<NamedSchema> = []): string {
  return new SchemaPrinter({ isOrdered: false, leftByName: new Set(leftByName) }).print(schema, null)
}

/** Equal for schemas that are the same in everything but the order of properties and aliases. */
export function structuralKey(schema: AvroSchema): string {
  return new SchemaPrinter({ isOrdered: true, leftByName: new Set() }).print(schema, null)
}

class SchemaPrinter {
  private readonly printed = new Set<NamedSchema>()

  constructor(private readonly style: PrintStyle) {}

  print(schema: AvroSchema, namespace: string | null): string {
    switch (schema.type) {
      case 'union':
        return `[${schema.branches.map(branch => this.print(branch, namespace)).join(',')}]`
      case 'array':
        return `{"type":"array","items":${this.print(schema.items, namespace)}${this.properties(schema.properties)}}`
      case 'map':
        return `{"type":"map","values":${this.print(schema.values, namespace)}${this.properties(schema.properties)}}`
      case 'record':
      case 'enum':
      case 'fixed':
        return this.printNamed(schema, namespace)
      default:
        if (schema.properties.size === 0) return `"${schema.type}"`
        return `{"type":"${schema.type}"${this.properties(schema.properties)}}`
    }
  }

  private printNamed(schema: NamedSchema, namespace: string | null): string {
    const { name } = schema
    if (this.printed.has(schema) || this.style.leftByName.has(schema))
      return printJsonString(name.relativeTo(namespace))
    this.printed.add(schema)
    let text = `{"type":"${schema.type === 'record' && schema.isError ? 'error' : schema.type}"`
    text += `,"name":${printJsonString(name.simpleName)}`
    if (name.namespace !== namespace) text += `,"namespace":${printJsonString(name.namespace ?? '')}`
    if (schema.doc !== null) text += `,"doc":${printJsonString(schema.doc)}`
    text += this.body(schema)
    text += this.properties(schema.properties)
    return `${text}${this.aliases(schema.aliases.map(alias => alias.relativeTo(name.namespace)))}}`
  }

  private body(schema: NamedSchema): string {
    if (schema.type === 'fixed') return `,"size":${schema.sizeBytes}`
    if (schema.type === 'enum') {
      const symbols = `,"symbols":[${schema.symbols.map(printJsonString).join(',')}]`
      return schema.defaultSymbol === null ? symbols : `${symbols},"default":${printJsonString(schema.defaultSymbol)}`
    }
    return `,"fields":[${schema.fields.map(field => this.field(field, schema.name.namespace)).join(',')}]`
  }

  private field(field: RecordField, namespace: string | null): string {
    let text = `{"name":${printJsonString(field.name)},"type":${this.print(field.type, namespace)}`
    if (field.doc !== null) text += `,"doc":${printJsonString(field.doc)}`
    if (field.defaultValue !== undefined) text += `,"default":${this.json(field.defaultValue)}`
    if (field.order !== 'ascending') text += `,"order":"${field.order}"`
    return `${text}${this.aliases(field.aliases)}${this.properties(field.properties)}}`
  }

  private aliases(aliases: readonly string[]): string {
    if (aliases.length === 0) return ''
    const texts = this.style.isOrdered ? [...aliases].sort() : aliases
    return `,"aliases":[${texts.map(printJsonString).join(',')}]`
  }

  private properties(properties: AvroProperties): string {
    const names = [...properties.keys()]
    if (this.style.isOrdered) names.sort()
    return names.map(name => `,${printJsonString(name)}:${this.json(properties.get(name) ?? null)}`).join('')
  }

  private json(value: JsonValue): string {
    return this.style.isOrdered ? printSortedJson(value) : printJson(value)
  }
}

/** Every named type that a schema reaches, by full name. */
export function namedTypesOf(schema: AvroSchema, found = new Map<string, NamedSchema>()): Map<string, NamedSchema> {
  if (isNamed(schema)) {
    if (found.has(schema.name.fullName)) return found
    found.set(schema.name.fullName, schema)
  }
  if (schema.type === 'record') for (const field of schema.fields) namedTypesOf(field.type, found)
  else if (schema.type === 'array') namedTypesOf(schema.items, found)
  else if (schema.type === 'map') namedTypesOf(schema.values, found)
  else if (schema.type === 'union') for (const branch of schema.branches) namedTypesOf(branch, found)
  return found
}
