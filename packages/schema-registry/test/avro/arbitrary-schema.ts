import fc from 'fast-check'
import { parseAvroSchema } from '../../src/avro/parse.ts'

/** JSON of a valid schema; names are numbered in the order of their appearance, so none is used twice. */
export const arbitrarySchemaText: fc.Arbitrary<string> = fc
  .letrec<{ schema: unknown; branch: unknown }>(tie => {
    const primitive = fc.constantFrom('null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string')
    const name = fc.constantFrom('N', 'ns.N', 'other.ns.N', '__proto__')
    const namespace = fc.option(fc.constantFrom('', 'ns', 'a.b'), { nil: undefined })
    const field = fc.record({
      type: tie('schema'),
      doc: fc.option(fc.string(), { nil: undefined }),
      order: fc.option(fc.constantFrom('ascending', 'descending', 'ignore'), { nil: undefined }),
      custom: fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }),
    })
    const logical = fc.constantFrom(
      { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 },
      { type: 'int', logicalType: 'date' },
      { type: 'string', logicalType: 'uuid' },
    )
    return {
      branch: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        primitive,
        logical,
        fc.record({
          type: fc.constant('enum'),
          name,
          symbols: fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'toString')),
        }),
        fc.record({ type: fc.constant('fixed'), name, namespace, size: fc.nat(20) }),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({ type: fc.constant('map'), values: tie('schema') }),
        fc.record({
          type: fc.constant('record'),
          name,
          namespace,
          doc: fc.option(fc.string(), { nil: undefined }),
          fields: fc.array(field, { maxLength: 4 }),
        }),
      ),
      schema: fc.oneof(
        tie('branch'),
        fc.tuple(fc.constant('null'), tie('branch')).map(([first, second]) => [first, second]),
      ),
    }
  })
  .schema.map(schema => JSON.stringify(numberNames(schema, { names: 0 })))
  .filter(isSchema)

function numberNames(schema: unknown, counter: { names: number }): unknown {
  if (Array.isArray(schema)) return schema.map(branch => numberNames(branch, counter))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy: Record<string, unknown> = { ...schema }
  if (typeof copy.name === 'string') copy.name = `${copy.name}${counter.names++}`
  if (copy.items !== undefined) copy.items = numberNames(copy.items, counter)
  if (copy.values !== undefined) copy.values = numberNames(copy.values, counter)
  if (Array.isArray(copy.fields))
    copy.fields = copy.fields.map((field, index) => ({
      ...field,
      name: index === 0 ? '__proto__' : `f${index}`,
      type: numberNames(field.type, counter),
    }))
  return copy
}

/** `["null", "null"]` and the like come out of the generator now and then. */
function isSchema(text: string): boolean {
  try {
    parseAvroSchema(text)
    return true
  } catch {
    return false
  }
}
