/** Values into bytes. A schema is compiled once, to closures. */
import { type AvroSchema, isNamed, type RecordSchema, type UnionSchema } from '../avro/schema.ts'
import { AvroBranch, AvroValueError, type AvroValueForm, DEFAULT_VALUE_FORM } from './avro-value.ts'
import { AvroByteWriter } from './byte-writer.ts'
import { type LogicalType, logicalTypeOf } from './logical-types.ts'

type Encode = (writer: AvroByteWriter, value: unknown) => void

/** Records, arrays and maps inside each other; a value that contains itself has no end. */
export const MAX_ENCODING_DEPTH = 200

export class AvroEncoder {
  private readonly writer = new AvroByteWriter()
  private readonly encodeRoot: Encode

  constructor(schema: AvroSchema, form: Pick<AvroValueForm, 'logicalTypes'> = DEFAULT_VALUE_FORM) {
    this.encodeRoot = new EncoderCompiler(form.logicalTypes).compile(schema)
  }

  /** Throws {@link AvroValueError} for a value that does not fit. */
  encode(value: unknown): Buffer {
    try {
      this.encodeRoot(this.writer, value)
      return this.writer.take()
    } catch (error) {
      this.writer.take()
      throw error
    }
  }
}

class EncoderCompiler {
  private readonly compiled = new Map<AvroSchema, Encode>()
  private depth = 0

  constructor(private readonly hasLogicalTypes: boolean) {}

  compile(schema: AvroSchema): Encode {
    const known = this.compiled.get(schema)
    if (known !== undefined) return known
    // Stands in for the type inside itself.
    let encode: Encode = () => {}
    this.compiled.set(schema, (writer, value) => encode(writer, value))
    encode = this.compileLogical(schema)
    this.compiled.set(schema, encode)
    return encode
  }

  private compileLogical(schema: AvroSchema): Encode {
    const encode = this.compileType(schema)
    const logical = this.hasLogicalTypes ? logicalTypeOf(schema) : undefined
    return logical === undefined ? encode : (writer, value) => encode(writer, logical.toAvro(value))
  }

  private compileType(schema: AvroSchema): Encode {
    switch (schema.type) {
      case 'null':
        return (_, value) => {
          if (value !== null && value !== undefined) throw misfit(value, 'null')
        }
      case 'boolean':
        return (writer, value) => {
          if (typeof value !== 'boolean') throw misfit(value, 'a boolean')
          writer.writeBoolean(value)
        }
      case 'int':
        return (writer, value) => {
          if (!isInteger(value, 31)) throw misfit(value, 'an int')
          writer.writeLong(value)
        }
      case 'long':
        return (writer, value) => {
          if (!isInteger(value, 63)) throw misfit(value, 'a long')
          writer.writeLong(value)
        }
      case 'float':
      case 'double':
        return (writer, value) => {
          if (typeof value !== 'number') throw misfit(value, `a ${schema.type}`)
          if (schema.type === 'float') writer.writeFloat(value)
          else writer.writeDouble(value)
        }
      case 'string':
        return (writer, value) => {
          if (typeof value !== 'string') throw misfit(value, 'a string')
          writer.writeString(value)
        }
      case 'bytes':
        return (writer, value) => {
          if (!(value instanceof Uint8Array)) throw misfit(value, 'bytes')
          writer.writeBytes(value)
        }
      case 'fixed':
        return (writer, value) => {
          if (!(value instanceof Uint8Array) || value.length !== schema.sizeBytes)
            throw misfit(value, `${schema.sizeBytes} bytes`)
          writer.writeFixed(value)
        }
      case 'enum': {
        const indexes = new Map(schema.symbols.map((symbol, index) => [symbol, index]))
        return (writer, value) => {
          const index = typeof value === 'string' ? indexes.get(value) : undefined
          if (index === undefined) throw misfit(value, `a symbol of ${schema.name.fullName}`)
          writer.writeLong(index)
        }
      }
      case 'array':
        return this.nested(this.compileArray(schema.items))
      case 'map':
        return this.nested(this.compileMap(schema.values))
      case 'record':
        return this.nested(this.compileRecord(schema))
      case 'union':
        return this.compileUnion(schema)
    }
  }

  private nested(encode: Encode): Encode {
    return (writer, value) => {
      if (this.depth >= MAX_ENCODING_DEPTH)
        throw new AvroValueError(`values nest deeper than ${MAX_ENCODING_DEPTH} levels`)
      this.depth++
      try {
        encode(writer, value)
      } finally {
        this.depth--
      }
    }
  }

  private compileArray(items: AvroSchema): Encode {
    const encodeItem = this.compile(items)
    return (writer, value) => {
      if (!Array.isArray(value)) throw misfit(value, 'an array')
      if (value.length > 0) writer.writeLong(value.length)
      let index = 0
      try {
        for (; index < value.length; index++) encodeItem(writer, value[index])
      } catch (error) {
        throw insideOf(`[${index}]`, error)
      }
      writer.writeLong(0)
    }
  }

  private compileMap(values: AvroSchema): Encode {
    const encodeValue = this.compile(values)
    return (writer, value) => {
      const entries = entriesOf(value)
      if (entries === undefined) throw misfit(value, 'a map')
      if (entries.length > 0) writer.writeLong(entries.length)
      for (const [key, member] of entries) {
        if (typeof key !== 'string') throw misfit(key, 'a string as key')
        writer.writeString(key)
        try {
          encodeValue(writer, member)
        } catch (error) {
          throw insideOf(`[${JSON.stringify(key)}]`, error)
        }
      }
      writer.writeLong(0)
    }
  }

  private compileRecord(schema: RecordSchema): Encode {
    const encoders = schema.fields.map(({ type }) => this.compile(type))
    const members = schema.fields.map(({ name }) => memberReader(name))
    return (writer, value) => {
      if (typeof value !== 'object' || value === null) throw misfit(value, `a record ${schema.name.fullName}`)
      let index = 0
      try {
        if (Array.isArray(value)) for (; index < encoders.length; index++) encoders[index]!(writer, value[index])
        else for (; index < encoders.length; index++) encoders[index]!(writer, members[index]!(value))
      } catch (error) {
        throw insideOf(schema.fields[index]!.name, error)
      }
    }
  }

  private compileUnion(schema: UnionSchema): Encode {
    const branches = schema.branches.map((branch, index) => ({
      index,
      name: branchName(branch),
      accepts: accepting(branch, this.hasLogicalTypes),
      encode: this.compile(branch),
    }))
    return (writer, value) => {
      const branch =
        value instanceof AvroBranch
          ? branches.find(({ name }) => name === value.name)
          : branches.find(({ accepts }) => accepts(value))
      if (branch === undefined) throw misfit(value, `one of ${branches.map(({ name }) => name).join(', ')}`)
      writer.writeLong(branch.index)
      branch.encode(writer, value instanceof AvroBranch ? value.value : value)
    }
  }
}

/** What every object inherits is none of its data, whatever a field is called. */
function memberReader(name: string): (value: object) => unknown {
  const isInherited = name in Object.prototype
  return value => {
    if (value instanceof Map) return value.get(name)
    if (isInherited && !Object.hasOwn(value, name)) return undefined
    return (value as Record<string, unknown>)[name]
  }
}

function entriesOf(value: unknown): (readonly [unknown, unknown])[] | undefined {
  if (value instanceof Map) return [...value]
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return undefined
  return Object.entries(value)
}

function isInteger(value: unknown, bits: 31 | 63): value is number | bigint {
  if (typeof value === 'bigint') return value >= -(1n << BigInt(bits)) && value < 1n << BigInt(bits)
  return (
    Number.isSafeInteger(value) && (bits === 63 || ((value as number) >= -(2 ** 31) && (value as number) < 2 ** 31))
  )
}

/** The word by which {@link AvroBranch} names a branch. */
export function branchName(schema: AvroSchema): string {
  return isNamed(schema) ? schema.name.fullName : schema.type
}

/** The first branch that takes a value gets it: an int goes before a long only if the schema says so. */
function accepting(schema: AvroSchema, hasLogicalTypes: boolean): (value: unknown) => boolean {
  const logical: LogicalType | undefined = hasLogicalTypes ? logicalTypeOf(schema) : undefined
  const acceptsRaw = acceptingRaw(schema)
  return logical === undefined ? acceptsRaw : value => logical.accepts(value) || acceptsRaw(value)
}

function acceptingRaw(schema: AvroSchema): (value: unknown) => boolean {
  switch (schema.type) {
    case 'null':
      return value => value === null || value === undefined
    case 'boolean':
      return value => typeof value === 'boolean'
    case 'int':
      return value => isInteger(value, 31)
    case 'long':
      return value => isInteger(value, 63)
    case 'float':
    case 'double':
      return value => typeof value === 'number'
    case 'string':
      return value => typeof value === 'string'
    case 'enum': {
      const symbols = new Set(schema.symbols)
      return value => typeof value === 'string' && symbols.has(value)
    }
    case 'bytes':
      return value => value instanceof Uint8Array
    case 'fixed':
      return value => value instanceof Uint8Array && value.length === schema.sizeBytes
    case 'array':
      return value => Array.isArray(value)
    case 'map':
      return value => entriesOf(value) !== undefined
    case 'record': {
      const needed = schema.fields.filter(({ type }) => !acceptsNull(type)).map(({ name }) => memberReader(name))
      return value => {
        if (Array.isArray(value)) return value.length === schema.fields.length
        return entriesOf(value) !== undefined && needed.every(member => member(value as object) !== undefined)
      }
    }
    case 'union':
      return () => false
  }
}

function acceptsNull(schema: AvroSchema): boolean {
  return schema.type === 'null' || (schema.type === 'union' && schema.branches.some(branch => branch.type === 'null'))
}

function insideOf(step: string, error: unknown): unknown {
  return error instanceof AvroValueError ? error.inside(step) : error
}

function misfit(value: unknown, expected: string): AvroValueError {
  return new AvroValueError(`${shown(value)} is not ${expected}`)
}

const MAX_SHOWN_LENGTH = 60

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_SHOWN_LENGTH))
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Uint8Array) return `a value of ${value.length} bytes`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
