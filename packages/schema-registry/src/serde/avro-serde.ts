/**
 * Avro values in Kafka records. Serdes are synchronous and registries are not: `prepare` registers what a topic needs
 * before the first value is written, and schemas of incoming messages are loaded by `load`, or at once by a client in the
 * registry's own process.
 */
import { type Serde, SerializationError } from '@millrace/client'
import { MillraceError, type RecordHeader } from '@millrace/protocol'
import { LENIENT_PARSING, parseAvroSchema } from '../avro/parse.ts'
import { type AvroSchema, isNamed } from '../avro/schema.ts'
import type { AvroValueForm } from '../codec/avro-value.ts'
import { AvroByteReader, type AvroDecodingLimits } from '../codec/byte-reader.ts'
import { AvroByteWriter } from '../codec/byte-writer.ts'
import { AvroDecoder } from '../codec/decoder.ts'
import { AvroEncoder } from '../codec/encoder.ts'
import type { FoundSchema, RegistryClient, SchemaDefinition } from './registry-client.ts'
import { type SubjectNameStrategy, subjectName } from './subject-name.ts'
import { frameWithId, type SchemaPointer, unframe } from './wire-format.ts'

/** Decoders that a serde keeps, by schema of the writer; the oldest goes first. */
export const MAX_CACHED_DECODERS = 1_000

export interface AvroSerdeOptions {
  readonly registry: RegistryClient
  /** For keys: the subject and the header are the key's. */
  readonly isKey?: boolean
  /** What values are written with; without references. Only needed for writing. */
  readonly schema?: string
  /** How values are seen when they are read; as they were written by default. */
  readonly readerSchema?: string
  /** `auto.register.schemas`: otherwise `prepare` looks the schema up. */
  readonly autoRegisterSchemas?: boolean
  readonly normalizeSchemas?: boolean
  readonly subjectNameStrategy?: SubjectNameStrategy
  readonly form?: Partial<AvroValueForm>
  readonly limits?: Partial<AvroDecodingLimits>
}

/** A value came before its schema. `loaded` settles when trying again makes sense. */
export class SchemaNotLoadedError extends MillraceError {
  readonly code = 'SCHEMA_NOT_LOADED'
  override readonly retriable = true
  constructor(
    readonly what: string,
    readonly loaded: Promise<void>,
  ) {
    super(`${what} is not loaded yet: await load() or prepare() first`)
  }
}

interface WriterDecoder {
  readonly decoder: AvroDecoder
  /** A schema that is only `bytes` has a payload without the length that Avro writes before bytes. */
  readonly isRawBytes: boolean
}

export class AvroSerde<T> implements Serde<T> {
  private readonly registry: RegistryClient
  private readonly isKey: boolean
  private readonly definition: SchemaDefinition | undefined
  private readonly recordName: string | null
  private readonly encoder: AvroEncoder | undefined
  private readonly readerSchema: AvroSchema | undefined
  private readonly idsByTopic = new Map<string, number>()
  private readonly decoders = new Map<string, WriterDecoder>()
  private readonly isRawBytes: boolean
  private readonly loading = new Map<string, Promise<void>>()

  /** Throws `AvroSchemaError`. */
  constructor(private readonly options: AvroSerdeOptions) {
    this.registry = options.registry
    this.isKey = options.isKey ?? false
    const { schema, readerSchema } = options
    this.definition = schema === undefined ? undefined : { text: schema }
    const own = schema === undefined ? undefined : parseAvroSchema(schema, LENIENT_PARSING)
    this.encoder = own && new AvroEncoder(own, { logicalTypes: options.form?.logicalTypes ?? true })
    this.isRawBytes = own?.type === 'bytes'
    this.recordName = own !== undefined && isNamed(own) ? own.name.fullName : null
    this.readerSchema = readerSchema === undefined ? undefined : parseAvroSchema(readerSchema, LENIENT_PARSING)
  }

  /** Registers the schema for a topic, or looks it up. Rejects with `RegistryCallError`. */
  async prepare(topic: string): Promise<void> {
    if (this.definition === undefined || this.idsByTopic.has(topic)) return
    const subject = subjectName(this.options.subjectNameStrategy ?? 'TopicName', topic, this.isKey, this.recordName)
    const options = { normalize: this.options.normalizeSchemas ?? false }
    const call = this.options.autoRegisterSchemas === false ? 'lookup' : 'register'
    const { id } = await this.registry[call](subject, this.definition, options)
    this.idsByTopic.set(topic, id)
  }

  /** Loads the schema that a message was written with. Rejects with `RegistryCallError` and `WireFormatError`. */
  async load(bytes: Buffer, headers?: readonly RecordHeader[]): Promise<void> {
    const { schema } = unframe(bytes, this.isKey, headers)
    const key = pointerKey(schema)
    if (this.decoders.has(key)) return
    const found = this.find(schema)
    if (found instanceof Promise) await this.loadOnce(key, found)
    else this.keep(key, found)
  }

  /** Throws {@link SchemaNotLoadedError} before {@link prepare}. */
  serialize(topic: string, value: T): Buffer {
    const { encoder } = this
    if (encoder === undefined) throw new SerializationError(topic, 'this serde has no schema to write with')
    const id = this.idsByTopic.get(topic)
    if (id === undefined) throw new SchemaNotLoadedError(`the schema of topic ${topic}`, this.prepare(topic))
    const payload = this.within(topic, () => encoder.encode(value))
    return frameWithId(id, this.isRawBytes ? withoutLength(payload) : payload)
  }

  /** Throws {@link SchemaNotLoadedError} for a schema that has to be asked for first. */
  deserialize(topic: string, bytes: Buffer, headers?: readonly RecordHeader[]): T {
    const { schema, payload } = this.within(topic, () => unframe(bytes, this.isKey, headers))
    const { decoder, isRawBytes } = this.decoders.get(pointerKey(schema)) ?? this.findDecoder(topic, schema)
    return this.within(topic, () => decoder.decode(isRawBytes ? withLength(payload) : payload)) as T
  }

  private findDecoder(topic: string, schema: SchemaPointer): WriterDecoder {
    const key = pointerKey(schema)
    const pending = this.loading.get(key)
    if (pending !== undefined) throw new SchemaNotLoadedError(`schema ${key}`, pending)
    const found = this.within(topic, () => this.find(schema))
    if (found instanceof Promise) throw new SchemaNotLoadedError(`schema ${key}`, this.loadOnce(key, found))
    return this.within(topic, () => this.keep(key, found))
  }

  private find(schema: SchemaPointer): FoundSchema | Promise<FoundSchema> {
    return 'id' in schema ? this.registry.byId(schema.id) : this.registry.byGuid(schema.guid)
  }

  private loadOnce(key: string, found: Promise<FoundSchema>): Promise<void> {
    const known = this.loading.get(key)
    if (known !== undefined) return known
    const loaded = found
      .then(schema => {
        this.keep(key, schema)
      })
      .finally(() => this.loading.delete(key))
    // Whoever waits hears of a failure; nobody has to.
    loaded.catch(() => {})
    this.loading.set(key, loaded)
    return loaded
  }

  private keep(key: string, { schemaType, text }: FoundSchema): WriterDecoder {
    if (schemaType !== 'AVRO') throw new SerializationError(key, `the schema is of type ${schemaType}, not AVRO`)
    const { form, limits } = this.options
    const writer = parseAvroSchema(text, LENIENT_PARSING)
    const avroDecoder = new AvroDecoder(writer, {
      readerSchema: this.readerSchema ?? writer,
      ...(form && { form }),
      ...(limits && { limits }),
    })
    const decoder = { decoder: avroDecoder, isRawBytes: writer.type === 'bytes' }
    const oldest = this.decoders.keys().next()
    if (this.decoders.size >= MAX_CACHED_DECODERS && oldest.done === false) this.decoders.delete(oldest.value)
    this.decoders.set(key, decoder)
    return decoder
  }

  private within<R>(topic: string, step: () => R): R {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof MillraceError) || error instanceof SerializationError) throw error
      throw new SerializationError(topic, error.message, { cause: error })
    }
  }
}

function pointerKey(schema: SchemaPointer): string {
  return 'id' in schema ? String(schema.id) : schema.guid
}

function withoutLength(payload: Buffer): Buffer {
  return new AvroByteReader(payload).readBytes()
}

function withLength(bytes: Buffer): Buffer {
  const writer = new AvroByteWriter()
  writer.writeBytes(bytes)
  return writer.take()
}
