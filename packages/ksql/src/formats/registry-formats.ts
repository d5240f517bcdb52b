/**
 * Formats whose schemas live in the registry. The registry answers later and rows are written now, so schemas are
 * registered before a query starts (`prepare`) and fetched before a statement is analysed (`fetchSchemas`).
 */
import { RegistryCallError, type RegistryClient } from '@millrace/schema-registry'
import type { SchemaInference } from '../analysis/create-source.ts'
import type { FormatInfo } from '../catalog/data-source.ts'
import type { Column } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { avroSerde, type RegisteredRowSerde } from './avro.ts'
import { columnsOfAvro } from './avro-inference.ts'
import type { RowSerde, SerdeTarget } from './row-format.ts'

const SUBJECT_NOT_FOUND = 40401
const VERSION_NOT_FOUND = 40402

export class RegistryFormats implements SchemaInference {
  private unprepared: RegisteredRowSerde[] = []
  /** Text of the newest schema by subject, as far as fetched. */
  private readonly latest = new Map<string, string>()
  private readonly byId = new Map<number, string>()

  constructor(private readonly registry: RegistryClient) {}

  /** Throws SqlAnalysisError for a format that is not available. */
  serde(format: FormatInfo, columns: readonly Column[], target: SerdeTarget): RowSerde {
    if (format.name !== 'AVRO') throw new SqlAnalysisError(`The ${format.name} format is not supported yet`)
    const serde = avroSerde(format, columns, target, this.registry)
    if (target.isReadOnly !== true) this.unprepared.push(serde)
    return serde
  }

  /** Registers the schemas of serdes made since the last call. Rejects with SqlAnalysisError when the registry refuses one. */
  async prepare(): Promise<void> {
    const serdes = this.unprepared
    this.unprepared = []
    try {
      await Promise.all(serdes.map(serde => serde.prepare()))
    } catch (error) {
      throw new SqlAnalysisError(`Could not register schema: ${(error as Error).message}`)
    }
  }

  /** Makes what the registry knows of a topic's schemas available to `columns`. */
  async fetchSchemas(topic: string, ids: readonly number[] = []): Promise<void> {
    for (const side of ['key', 'value']) {
      const subject = `${topic}-${side}`
      try {
        const { text, schemaType } = await this.registry.latest(subject)
        if (schemaType === 'AVRO') this.latest.set(subject, text)
      } catch (error) {
        if (!isNotFound(error)) throw error
        this.latest.delete(subject)
      }
    }
    for (const id of ids) this.byId.set(id, (await this.registry.byId(id)).text)
  }

  columns(topic: string, side: 'key' | 'value', format: FormatInfo, unwrapped: boolean): Column[] {
    if (format.name !== 'AVRO') throw new SqlAnalysisError(`The ${format.name} format is not supported yet`)
    const text = format.schemaId === undefined ? this.latest.get(`${topic}-${side}`) : this.byId.get(format.schemaId)
    const naming = format.schemaId === undefined ? (name: string) => name.toUpperCase() : (name: string) => name
    if (text !== undefined) return columnsOfAvro(text, side, unwrapped, naming)
    if (side === 'key') return []
    throw new SqlAnalysisError(
      `Schema for message ${side}s on topic '${topic}'${format.schemaId === undefined ? '' : ` with id ${format.schemaId}`} does not exist in the Schema Registry.\nSubject: ${topic}-${side}\nPossible causes include:\n- The topic itself does not exist\n- Messages on the topic are not ${format.name} formatted\n- Messages on the topic have not been serialized using a Schema Registry supported serializer`,
    )
  }
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof RegistryCallError &&
    (error.errorCode === SUBJECT_NOT_FOUND || error.errorCode === VERSION_NOT_FOUND)
  )
}
