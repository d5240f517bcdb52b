/** What the registry has to know of a kind of schema. Avro is one; the subjects know none of them by name. */
import { MillraceError } from '@millrace/protocol'

/** The text of a schema that another one refers to. */
export interface SchemaDependency {
  /** What the referring schema calls it. */
  readonly name: string
  readonly text: string
}

export interface ParseRequest {
  readonly text: string
  /** In an order in which each needs only those before it. */
  readonly dependencies: readonly SchemaDependency[]
  /** New schemas are judged more strictly than those in the store. */
  readonly isStrict: boolean
}

export interface ParsedSchema {
  readonly schemaType: string
  /** The text to store. */
  readonly canonicalText: string
  /** Equal for schemas that differ in nothing that counts, whether their references are written out or not. */
  readonly structuralKey: string
  normalized(): ParsedSchema
  /** The text in a format of the type (`resolved`, …); the canonical text for formats it does not have. */
  formatted(format: string): string
  /**
   * Why data written with `writer` cannot be read with this schema; empty if it can. `%s` stands twice in each, for the
   * side of the reader and of the writer.
   */
  problemsReading(writer: ParsedSchema): readonly string[]
}

export interface SchemaProvider {
  readonly schemaType: string
  /** Throws {@link SchemaParseError}. */
  parse(request: ParseRequest): ParsedSchema
}

export class SchemaParseError extends MillraceError {
  readonly code = 'INVALID_SCHEMA'
}
