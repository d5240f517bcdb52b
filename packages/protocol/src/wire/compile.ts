/**
 * Turns a declaration into straight-line code, once per message and version on first use. A field is one statement in
 * the generated source; nothing looks at the declaration while messages are read or written.
 *
 * Generated code notes the index of the field it works on in `reader.field` / `writer.field` (one store), from which
 * errors get their path. Names in generated source come from declarations in this package only, never from input.
 */
import { MalformedMessageError, UnencodableValueError } from './errors.ts'
import { ReadError, Reader } from './reader.ts'
import { type Field, type Fields, type Message, type WireShape, ZERO_UUID } from './schema.ts'
import { includesVersion, parseVersions } from './version-range.ts'
import { WriteError, Writer } from './writer.ts'

type Decoder = (reader: Reader) => unknown
type Encoder = (writer: Writer, value: unknown) => void
interface Compiled {
  readonly decode: Decoder
  readonly encode: Encoder
  /** Field paths by index. */
  readonly paths: readonly string[]
}

const NO_SUCH_VERSION = 'there is no such version'

const compiled = new WeakMap<Message<unknown, unknown>, (Compiled | undefined)[]>()

/** Undefined when the message has no such version. */
function compiledOf(message: Message<unknown, unknown>, version: number): Compiled | undefined {
  let versions = compiled.get(message)
  if (versions === undefined) {
    versions = []
    compiled.set(message, versions)
  }
  let code = versions[version]
  if (code === undefined) {
    if (!Number.isInteger(version) || !includesVersion(message.versions, version)) return undefined
    code = compile(message, version)
    versions[version] = code
  }
  return code
}

export function isFlexible(message: Message<unknown, unknown>, version: number): boolean {
  return includesVersion(message.flexibleVersions, version)
}

/**
 * Reads one message from the reader's position on; bytes after it are left alone.
 * Throws {@link MalformedMessageError}, also for a version that the message does not have.
 */
export function decodeFrom<Out>(message: Message<Out, unknown>, reader: Reader, version: number): Out {
  const code = compiledOf(message, version)
  if (code === undefined) throw new MalformedMessageError(message.name, version, '', NO_SUCH_VERSION)
  try {
    return code.decode(reader) as Out
  } catch (error) {
    if (!(error instanceof ReadError)) throw error
    throw new MalformedMessageError(message.name, version, code.paths[reader.field] ?? '', error.message)
  }
}

/** Throws {@link MalformedMessageError}. Bytes after the message are ignored, as in Kafka. */
export function decode<Out>(message: Message<Out, unknown>, bytes: Buffer, version: number): Out {
  return decodeFrom(message, new Reader(bytes), version)
}

/**
 * Appends a message. Throws {@link UnencodableValueError}, also for a version that the message does not have; the writer
 * must then be thrown away.
 */
export function encodeTo<In>(message: Message<unknown, In>, writer: Writer, value: In, version: number): void {
  const code = compiledOf(message, version)
  if (code === undefined) throw new UnencodableValueError(message.name, version, '', NO_SUCH_VERSION)
  try {
    code.encode(writer, value)
  } catch (error) {
    if (!(error instanceof WriteError || error instanceof TypeError || error instanceof RangeError)) throw error
    throw new UnencodableValueError(message.name, version, code.paths[writer.field] ?? '', error.message)
  }
}

/** The message as one buffer. Throws {@link UnencodableValueError}. */
export function encode<In>(message: Message<unknown, In>, value: In, version: number): Buffer {
  const writer = new Writer()
  encodeTo(message, writer, value, version)
  return Buffer.concat(writer.finish())
}

/** What a field holds when a version lacks it or the caller leaves it out. */
export function defaultOf(field: Field): unknown {
  return field.default !== undefined ? field.default : zeroOf(field.type.shape)
}

function zeroOf(shape: WireShape): unknown {
  switch (shape.kind) {
    case 'nullable':
      return zeroOf(shape.of)
    case 'records':
      return null
    case 'array':
      return []
    case 'struct':
      return Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, defaultOf(field)]))
    case 'string':
      return ''
    case 'bytes':
      return Buffer.alloc(0)
    case 'uuid':
      return ZERO_UUID
    case 'bool':
      return false
    case 'bigint64':
      return 0n
    default:
      return 0
  }
}

function compile(message: Message<unknown, unknown>, version: number): Compiled {
  const generator = new Generator(version, isFlexible(message, version))
  const decode = generator.decodeStruct(message.fields, '')
  const encode = generator.encodeStruct(message.fields, '')
  return generator.build(decode, encode)
}

/** A variable of the generated code, and how its value travels. */
interface Slot {
  readonly variable: string
  /** For error messages. */
  readonly path: string
  readonly compact: boolean
  readonly tagged: boolean
  readonly nullable: boolean
}
function elementSlot(slot: Slot, variable: string): Slot {
  return { ...slot, variable, path: `${slot.path}[]`, tagged: false, nullable: false }
}

/** A byte says whether a nullable struct follows. Kafka has two such bytes: −1 and 1, in tagged fields 0 and 1. */
const NULL_STRUCT = {
  inline: { read: 'int8() < 0', write: 'int8(-1)' },
  tagged: { read: 'uvarint() === 0', write: 'uvarint(0)' },
}
const refuseNull = (cursor: 'r' | 'w') => `${cursor}.fail('null is not allowed');`

class Generator {
  private readonly functions: string[] = []
  private readonly paths: string[] = []
  private readonly constants: unknown[] = []
  private names = 0

  constructor(
    private readonly version: number,
    private readonly flexible: boolean,
  ) {}

  build(decode: string, encode: string): Compiled {
    const source = `'use strict';\n${this.functions.join('\n')}\nreturn { decode: ${decode}, encode: ${encode} };`
    const make = new Function('constants', 'Writer', source) as (
      constants: readonly unknown[],
      writer: typeof Writer,
    ) => { decode: Decoder; encode: Encoder }
    return { ...make(this.constants, Writer), paths: this.paths }
  }

  private name(prefix: string): string {
    return `${prefix}${this.names++}`
  }
  private at(cursor: 'r' | 'w', path: string): string {
    return `${cursor}.field = ${this.paths.push(path) - 1};`
  }
  /** An expression for a field's default; each evaluation of an object or array makes a fresh one. */
  private default(field: Field): string {
    return this.literal(defaultOf(field))
  }
  private literal(value: unknown): string {
    if (Buffer.isBuffer(value)) return `constants[${this.constants.push(value) - 1}]`
    if (Array.isArray(value)) return `[${value.map(element => this.literal(element)).join(', ')}]`
    if (typeof value === 'bigint') return `${value}n`
    if (value === null || typeof value !== 'object') return JSON.stringify(value)
    const members = Object.entries(value).map(([name, member]) => `${name}: ${this.literal(member)}`)
    return `{ ${members.join(', ')} }`
  }
  private has(field: Field): boolean {
    return includesVersion(parseVersions(field.versions), this.version)
  }
  private isTagged(field: Field): boolean {
    if (field.tag === undefined || !this.flexible) return false
    return includesVersion(parseVersions(field.tagged ?? field.versions), this.version)
  }

  private slot(field: Field, variable: string, path: string): Slot {
    const compact = this.flexible && field.flexible !== 'none'
    return { variable, path, compact, tagged: this.isTagged(field), nullable: false }
  }

  decodeStruct(fields: Fields, path: string): string {
    const body: string[] = []
    const tagged: string[] = []
    const result: string[] = []
    for (const [name, field] of Object.entries(fields)) {
      const variable = `v_${name}`
      const fieldPath = path === '' ? name : `${path}.${name}`
      result.push(`${name}: ${variable}`)
      if (!this.has(field)) {
        body.push(`const ${variable} = ${this.default(field)};`)
      } else if (this.isTagged(field)) {
        body.push(`let ${variable} = ${this.default(field)};`)
        tagged.push(
          `case ${field.tag}: ${this.at('r', fieldPath)} ${this.read(field.type.shape, this.slot(field, variable, fieldPath))} break;`,
        )
      } else {
        body.push(
          `let ${variable}; ${this.at('r', fieldPath)} ${this.read(field.type.shape, this.slot(field, variable, fieldPath))}`,
        )
      }
    }
    if (this.flexible) {
      if (tagged.length === 0) body.push('r.skipTaggedFields();')
      else
        body.push(
          'for (let n = r.uvarint(); n > 0; n--) {',
          'const tag = r.uvarint(); const size = r.compactSize(); const next = r.position + size;',
          `switch (tag) { ${tagged.join('\n')} }`,
          // A field from a newer peer may be longer than we know, never shorter than what we read of it.
          "if (r.position > next) r.fail('a tagged field ends after its size'); r.position = next; }",
        )
    }
    const name = this.name('decode')
    this.functions.push(`function ${name}(r) {\n${body.join('\n')}\nreturn { ${result.join(', ')} };\n}`)
    return name
  }

  /** A statement that reads a value into the slot's variable. */
  private read(shape: WireShape, slot: Slot): string {
    const { variable, path, compact } = slot
    switch (shape.kind) {
      case 'nullable': {
        const nullable = includesVersion(shape.versions, this.version)
        if (shape.of.kind !== 'struct' || !nullable) return this.read(shape.of, { ...slot, nullable })
        return `if (r.${NULL_STRUCT[slot.tagged ? 'tagged' : 'inline'].read}) ${variable} = null; else { ${this.read(shape.of, slot)} }`
      }
      case 'struct':
        return `${variable} = ${this.decodeStruct(shape.fields, path)}(r);`
      case 'string':
        return this.readSized(slot, compact ? 'compactLength' : 'length16', `${variable} = r.stringOf(n);`)
      case 'bytes':
        return this.readSized(slot, compact ? 'compactLength' : 'length32', `${variable} = r.bytesOf(n);`)
      case 'records':
        return this.read({ kind: 'bytes' }, { ...slot, nullable: true })
      case 'array': {
        const element = this.name('e')
        const index = this.name('i')
        const list = this.name('list')
        const read = this.read(shape.of, elementSlot(slot, element))
        const loop = `for (let ${index} = 0; ${index} < n; ${index}++) { let ${element}; ${read} ${list}.push(${element}); }`
        const present = `const ${list} = []; ${loop} ${variable} = ${list};`
        return this.readSized(slot, compact ? 'compactLength' : 'length32', present)
      }
      default:
        return `${variable} = r.${shape.kind}();`
    }
  }
  private readSized(slot: Slot, length: string, present: string): string {
    const whenNull = slot.nullable ? `${slot.variable} = null;` : refuseNull('r')
    return `{ const n = r.${length}(); if (n < 0) { ${whenNull} } else { ${present} } }`
  }

  encodeStruct(fields: Fields, path: string): string {
    const body: string[] = []
    const tagged: { tag: number; collect: string }[] = []
    for (const [name, field] of Object.entries(fields)) {
      const fieldPath = path === '' ? name : `${path}.${name}`
      const variable = `v_${name}`
      const value = `const ${variable} = v.${name} === undefined ? ${this.default(field)} : v.${name};`
      if (!this.has(field)) {
        if (field.ignorable !== true) body.push(`${this.at('w', fieldPath)} ${this.refuseUnlessDefault(field, name)}`)
      } else if (this.isTagged(field)) {
        const write = this.write(field.type.shape, this.slot(field, variable, fieldPath))
        tagged.push({
          tag: field.tag!,
          collect: `const ${variable} = v.${name}; ${this.at('w', fieldPath)}
if (${variable} !== undefined && ${this.differs(field, variable)}) { const w = new Writer(64); ${write} (tags ??= []).push([${field.tag}, w]); }`,
        })
      } else {
        body.push(
          `${this.at('w', fieldPath)} ${value} ${this.write(field.type.shape, this.slot(field, variable, fieldPath))}`,
        )
      }
    }
    if (this.flexible) {
      if (tagged.length === 0) body.push('w.uvarint(0);')
      else {
        tagged.sort((a, b) => a.tag - b.tag)
        body.push(
          'let tags;',
          ...tagged.map(field => field.collect),
          'if (tags === undefined) w.uvarint(0);',
          'else { w.uvarint(tags.length); for (const [tag, content] of tags) { w.uvarint(tag); w.nested(content); } }',
        )
      }
    }
    const name = this.name('encode')
    this.functions.push(`function ${name}(w, v) {\n${body.join('\n')}\n}`)
    return name
  }

  /** An expression: is the value other than the default? A tagged field at its default does not travel. */
  private differs(field: Field, variable: string): string {
    const value = defaultOf(field)
    if (value === null || typeof value !== 'object') return `${variable} !== ${this.literal(value)}`
    const { shape } = field.type
    const inner = shape.kind === 'nullable' ? shape.of : shape
    if (inner.kind === 'array' || inner.kind === 'bytes') return `(${variable} === null || ${variable}.length !== 0)`
    if (inner.kind !== 'struct') return 'true'
    const parts = Object.entries(inner.fields).map(([name, nested]) => {
      const access = `${variable}.${name}`
      return `(${access} !== undefined && ${this.differs(nested, access)})`
    })
    const whenNull = shape.kind === 'nullable' ? `${variable} === null || ` : ''
    return `(${whenNull}${parts.join(' || ')})`
  }
  private refuseUnlessDefault(field: Field, name: string): string {
    return `if (v.${name} !== undefined && ${this.differs(field, `v.${name}`)}) w.fail('this version has no such field');`
  }

  /** Statements that write the slot's variable. */
  private write(shape: WireShape, slot: Slot): string {
    const { variable, path, compact } = slot
    switch (shape.kind) {
      case 'nullable': {
        const nullable = includesVersion(shape.versions, this.version)
        if (shape.of.kind !== 'struct') return this.write(shape.of, { ...slot, nullable })
        const present = this.write(shape.of, slot)
        if (!nullable) return `if (${variable} === null) ${refuseNull('w')} ${present}`
        const { write } = NULL_STRUCT[slot.tagged ? 'tagged' : 'inline']
        return `if (${variable} === null) w.${write}; else { w.int8(1); ${present} }`
      }
      case 'struct':
        return `${this.encodeStruct(shape.fields, path)}(w, ${variable});`
      case 'string':
        return this.orNull(slot, 'int16', `w.${compact ? 'compactString' : 'string'}(${variable});`)
      case 'bytes':
        return this.orNull(slot, 'int32', `w.${compact ? 'compactBytes' : 'bytes'}(${variable});`)
      case 'records':
        return `w.${compact ? 'compactRecords' : 'records'}(${variable});`
      case 'array': {
        const element = this.name('e')
        const length = compact ? `w.uvarint(${variable}.length + 1);` : `w.int32(${variable}.length);`
        const write = this.write(shape.of, elementSlot(slot, element))
        return this.orNull(slot, 'int32', `${length} for (const ${element} of ${variable}) { ${write} }`)
      }
      default:
        return `w.${shape.kind}(${variable});`
    }
  }
  private orNull({ variable, compact, nullable }: Slot, length: 'int16' | 'int32', present: string): string {
    if (!nullable) return `if (${variable} === null) ${refuseNull('w')} ${present}`
    return `if (${variable} === null) w.${compact ? 'uvarint(0)' : `${length}(-1)`}; else { ${present} }`
  }
}
