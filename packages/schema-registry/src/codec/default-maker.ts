/** Values of fields that the writer did not have, out of the JSON of their default. */

import { isValidDefault } from '../avro/default-value.ts'
import type { AvroSchema, RecordField, UnionSchema } from '../avro/schema.ts'
import { isJsonArray, isJsonObject, JsonNumber, type JsonValue } from '../json/json-value.ts'
import { AvroBranch, AvroValueError, type AvroValueForm } from './avro-value.ts'
import { bareObject } from './bare-object.ts'
import { normalized } from './byte-reader.ts'
import { branchName } from './encoder.ts'
import { logicalTypeOf } from './logical-types.ts'

/** A default may hold itself, or twice what holds twice another one: values that one default may make. */
const MAX_DEFAULT_VALUES = 10_000
const MAX_DEFAULT_DEPTH = 64

/** Makes a new value each time: nobody shares a default's arrays. Throws {@link AvroValueError} without a default. */
export function defaultValueMaker(field: RecordField, form: AvroValueForm): () => unknown {
  const { name, type, defaultValue } = field
  if (defaultValue === undefined) throw new AvroValueError(`field ${name} was not written and has no default`)
  const make = () => new DefaultMaker(form).make(type, defaultValue)
  // Made once here, so that a default that does not fit is found before the first message.
  make()
  return make
}

class DefaultMaker {
  private values = 0
  private depth = 0

  constructor(private readonly form: AvroValueForm) {}

  make(schema: AvroSchema, json: JsonValue): unknown {
    if (++this.values > MAX_DEFAULT_VALUES)
      throw new AvroValueError(`a default of more than ${MAX_DEFAULT_VALUES} values`)
    if (schema.type === 'union') return this.makeBranch(schema, json)
    if (!isValidDefault(schema, json)) throw new AvroValueError(`a default does not fit its type ${branchName(schema)}`)
    if (++this.depth > MAX_DEFAULT_DEPTH) throw new AvroValueError(`a default of more than ${MAX_DEFAULT_DEPTH} levels`)
    const value = this.makeRaw(schema, json)
    this.depth--
    const logical = this.form.logicalTypes ? logicalTypeOf(schema) : undefined
    return logical === undefined ? value : logical.fromAvro(value)
  }

  private makeBranch(schema: UnionSchema, json: JsonValue): unknown {
    const branch = schema.branches.find(candidate => isValidDefault(candidate, json))
    if (branch === undefined) throw new AvroValueError('a default does not fit its union')
    const value = this.make(branch, json)
    const isAmbiguous = schema.branches.filter(({ type }) => type !== 'null').length > 1
    const isNamed = this.form.unions === 'branch' && isAmbiguous && branch.type !== 'null'
    return isNamed ? new AvroBranch(branchName(branch), value) : value
  }

  private makeRaw(schema: AvroSchema, json: JsonValue): unknown {
    if (json instanceof JsonNumber) return schema.type === 'long' ? normalized(json.toBigInt()) : json.toNumber()
    if (typeof json === 'string')
      return schema.type === 'bytes' || schema.type === 'fixed' ? Buffer.from(json, 'latin1') : json
    if (isJsonArray(json) && schema.type === 'array') return json.map(item => this.make(schema.items, item))
    if (isJsonObject(json) && schema.type === 'map') {
      const entries = [...json].map(([key, member]) => [key, this.make(schema.values, member)] as const)
      return this.form.maps === 'map' ? new Map(entries) : bareObject(entries)
    }
    if (isJsonObject(json) && schema.type === 'record') {
      const values = schema.fields.map(field =>
        this.make(field.type, json.get(field.name) ?? field.defaultValue ?? null),
      )
      return this.form.records === 'array'
        ? values
        : bareObject(schema.fields.map((field, index) => [field.name, values[index]] as const))
    }
    return json
  }
}
