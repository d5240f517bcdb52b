/**
 * Bytes into values, written with one schema and seen with another (Avro 1.12 specification, "Schema Resolution"). The
 * pair is compiled once, to closures.
 */
import { incompatibilitiesOf, namesMatch, writerFieldOf } from '../avro/compatibility.ts'
import type { AvroSchema, EnumSchema, RecordField, RecordSchema, UnionSchema } from '../avro/schema.ts'
import { AvroBranch, AvroValueError, type AvroValueForm, DEFAULT_VALUE_FORM } from './avro-value.ts'
import { bareClass, bareObject } from './bare-object.ts'
import { AvroByteReader, type AvroDecodingLimits, DEFAULT_DECODING_LIMITS } from './byte-reader.ts'
import { defaultValueMaker } from './default-maker.ts'
import { branchName } from './encoder.ts'
import { logicalTypeOf } from './logical-types.ts'

type Decode = (reader: AvroByteReader) => unknown

export interface AvroDecoderOptions {
  /** How the reader sees the data; as it was written by default. */
  readonly readerSchema?: AvroSchema
  readonly form?: Partial<AvroValueForm>
  readonly limits?: Partial<AvroDecodingLimits>
}

export class AvroDecoder {
  private readonly decodeRoot: Decode
  private readonly limits: AvroDecodingLimits

  /** Throws {@link AvroSchemaError} for a pair that cannot be judged, and {@link AvroValueError} if nothing can be read. */
  constructor(writerSchema: AvroSchema, options: AvroDecoderOptions = {}) {
    const form = { ...DEFAULT_VALUE_FORM, ...options.form }
    const readerSchema = options.readerSchema ?? writerSchema
    this.limits = { ...DEFAULT_DECODING_LIMITS, ...options.limits }
    this.decodeRoot = new DecoderCompiler(form).compile(writerSchema, readerSchema)
  }

  /** `bytes` hold exactly one value, which is a copy. Throws {@link AvroValueError}. */
  decode(bytes: Buffer): unknown {
    const reader = new AvroByteReader(bytes, this.limits)
    const value = this.decodeRoot(reader)
    if (reader.remainingBytes > 0) throw new AvroValueError(`${reader.remainingBytes} bytes follow the value`)
    return value
  }
}

class DecoderCompiler {
  private readonly compiled = new Map<AvroSchema, Map<AvroSchema, Decode>>()

  constructor(private readonly form: AvroValueForm) {}

  compile(writer: AvroSchema, reader: AvroSchema): Decode {
    let byReader = this.compiled.get(writer)
    if (byReader === undefined) this.compiled.set(writer, (byReader = new Map()))
    const known = byReader.get(reader)
    if (known !== undefined) return known
    // Stands in for the pair inside itself.
    let decode: Decode = unreadable(new AvroValueError('the schemas cannot be resolved'))
    byReader.set(reader, bytes => decode(bytes))
    try {
      decode = this.compileLogical(writer, reader)
    } catch (error) {
      if (error instanceof AvroValueError) decode = unreadable(error)
      throw error
    }
    byReader.set(reader, decode)
    return decode
  }

  private compileLogical(writer: AvroSchema, reader: AvroSchema): Decode {
    const decode = this.compilePair(writer, reader)
    const logical = this.form.logicalTypes && writer.type !== 'union' ? logicalTypeOf(reader) : undefined
    return logical === undefined ? decode : bytes => logical.fromAvro(decode(bytes))
  }

  private compilePair(writer: AvroSchema, reader: AvroSchema): Decode {
    if (writer.type === 'union') return this.compileWriterUnion(writer, reader)
    if (reader.type === 'union') return this.compileReaderUnion(writer, reader)
    if (writer.type === 'record' && reader.type === 'record') return this.compileRecord(writer, reader)
    if (writer.type === 'array' && reader.type === 'array') return this.compileArray(writer.items, reader.items)
    if (writer.type === 'map' && reader.type === 'map') return this.compileMap(writer.values, reader.values)
    if (writer.type === 'enum' && reader.type === 'enum') return compileEnum(writer, reader)
    if (writer.type === 'fixed' && reader.type === 'fixed' && writer.sizeBytes === reader.sizeBytes)
      return bytes => Buffer.from(bytes.readFixed(writer.sizeBytes))
    return compilePrimitive(writer, reader)
  }

  /** A branch that the reader cannot read fails only when a value of it comes. */
  private compileWriterUnion(writer: UnionSchema, reader: AvroSchema): Decode {
    const isSame = writer === reader
    const branches = writer.branches.map(branch => {
      const decode = this.compileOrFail(branch, isSame ? branch : reader)
      return isSame ? this.branchForm(reader as UnionSchema, branch, decode) : decode
    })
    return bytes => {
      const index = bytes.readInt()
      const branch = branches[index]
      if (branch === undefined) throw new AvroValueError(`${index} is no branch of a union of ${branches.length}`)
      return branch(bytes)
    }
  }

  private compileReaderUnion(writer: AvroSchema, reader: UnionSchema): Decode {
    const branch =
      reader.branches.find(candidate => candidate.type === writer.type && isReadable(candidate, writer)) ??
      reader.branches.find(candidate => isReadable(candidate, writer))
    if (branch === undefined) throw new AvroValueError(`the reader's union has no branch for ${branchName(writer)}`)
    return this.branchForm(reader, branch, this.compile(writer, branch))
  }

  private branchForm(union: UnionSchema, branch: AvroSchema, decode: Decode): Decode {
    const isAmbiguous = union.branches.filter(({ type }) => type !== 'null').length > 1
    if (this.form.unions === 'value' || !isAmbiguous || branch.type === 'null') return decode
    const name = branchName(branch)
    return bytes => new AvroBranch(name, decode(bytes))
  }

  private compileOrFail(writer: AvroSchema, reader: AvroSchema): Decode {
    try {
      return this.compile(writer, reader)
    } catch (error) {
      if (!(error instanceof AvroValueError)) throw error
      return unreadable(error)
    }
  }

  private compileArray(writer: AvroSchema, reader: AvroSchema): Decode {
    const decode = this.compile(writer, reader)
    return bytes => {
      bytes.enter()
      const items: unknown[] = []
      for (let count = bytes.readBlockCount(); count > 0; count = bytes.readBlockCount())
        for (let index = 0; index < count; index++) {
          bytes.countValue()
          items.push(decode(bytes))
        }
      bytes.leave()
      return items
    }
  }

  private compileMap(writer: AvroSchema, reader: AvroSchema): Decode {
    const decode = this.compile(writer, reader)
    return bytes => {
      bytes.enter()
      const entries = new Map<string, unknown>()
      for (let count = bytes.readBlockCount(); count > 0; count = bytes.readBlockCount())
        for (let index = 0; index < count; index++) {
          bytes.countValue()
          const key = bytes.readString()
          entries.set(key, decode(bytes))
        }
      bytes.leave()
      return this.form.maps === 'map' ? entries : bareObject(entries)
    }
  }

  private compileRecord(writer: RecordSchema, reader: RecordSchema): Decode {
    if (writer !== reader && !namesMatch(reader, writer))
      throw new AvroValueError(`record ${reader.name.fullName} does not read ${writer.name.fullName}`)
    const sources = new Map<RecordField, number>()
    for (const [index, field] of reader.fields.entries()) {
      const written = writer === reader ? field : writerFieldOf(field, writer)
      if (written !== undefined) sources.set(written, index)
    }
    const steps = writer.fields.map(field => {
      const index = sources.get(field)
      if (index === undefined) return { index: null, decode: this.compile(field.type, field.type) }
      return { index, decode: this.compile(field.type, reader.fields[index]!.type) }
    })
    const found = new Set(sources.values())
    const defaults = reader.fields.flatMap((field, index) =>
      found.has(index) ? [] : [{ index, make: defaultValueMaker(field, this.form) }],
    )
    const names = reader.fields.map(field => field.name)
    const isArray = this.form.records === 'array'
    const Shape = bareClass()
    return bytes => {
      bytes.countValue()
      bytes.enter()
      const values: unknown[] = new Array(names.length)
      for (const { index, decode } of steps) {
        const value = decode(bytes)
        if (index !== null) values[index] = value
      }
      for (const { index, make } of defaults) values[index] = make()
      bytes.leave()
      if (isArray) return values
      const record = new Shape()
      for (let index = 0; index < names.length; index++) record[names[index]!] = values[index]
      return record
    }
  }
}

function unreadable(error: AvroValueError): Decode {
  return () => {
    throw error
  }
}

function isReadable(reader: AvroSchema, writer: AvroSchema): boolean {
  return incompatibilitiesOf(reader, writer).length === 0
}

function compileEnum(writer: EnumSchema, reader: EnumSchema): Decode {
  if (writer !== reader && !namesMatch(reader, writer))
    throw new AvroValueError(`enum ${reader.name.fullName} does not read ${writer.name.fullName}`)
  const known = new Set(reader.symbols)
  return bytes => {
    const index = bytes.readInt()
    const symbol = writer.symbols[index]
    if (symbol === undefined) throw new AvroValueError(`enum ${writer.name.fullName} has no symbol ${index}`)
    if (known.has(symbol)) return symbol
    if (reader.defaultSymbol === null) throw new AvroValueError(`enum ${reader.name.fullName} has no symbol ${symbol}`)
    return reader.defaultSymbol
  }
}

/** Each written type as each type that it may be read as. */
const PRIMITIVES: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['null→null', () => null],
  ['boolean→boolean', bytes => bytes.readBoolean()],
  ['int→int', bytes => bytes.readInt()],
  ['int→long', bytes => bytes.readInt()],
  ['int→float', bytes => Math.fround(bytes.readInt())],
  ['int→double', bytes => bytes.readInt()],
  ['long→long', bytes => bytes.readLong()],
  ['long→float', bytes => Math.fround(Number(bytes.readLong()))],
  ['long→double', bytes => Number(bytes.readLong())],
  ['float→float', bytes => bytes.readFloat()],
  ['float→double', bytes => bytes.readFloat()],
  ['double→double', bytes => bytes.readDouble()],
  ['string→string', bytes => bytes.readString()],
  ['string→bytes', bytes => Buffer.from(bytes.readBytes())],
  ['bytes→bytes', bytes => Buffer.from(bytes.readBytes())],
  ['bytes→string', bytes => bytes.readString()],
])

function compilePrimitive(writer: AvroSchema, reader: AvroSchema): Decode {
  const decode = PRIMITIVES.get(`${writer.type}→${reader.type}`)
  if (decode === undefined) throw new AvroValueError(`${reader.type} does not read ${writer.type}`)
  return decode
}
