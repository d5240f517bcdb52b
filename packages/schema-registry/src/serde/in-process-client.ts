import type { SchemaRegistry } from '../registry.ts'
import { findSchemaByGuid, findSchemaById, findVersionById } from '../subjects/find.ts'
import { lookup, type SchemaRequest } from '../subjects/lookup.ts'
import { canonicalSubject } from '../subjects/qualified-subject.ts'
import { register } from '../subjects/register.ts'
import { RegistryError } from '../subjects/registry-error.ts'
import type { SchemaVersion } from '../subjects/registry-state.ts'
import {
  type FoundSchema,
  type RegisteredSchema,
  RegistryCallError,
  type RegistryClient,
  type SchemaDefinition,
} from './registry-client.ts'

/** The registry of this process. Schemas are found without waiting. */
export class InProcessRegistryClient implements RegistryClient {
  constructor(private readonly registry: SchemaRegistry) {}

  async register(subject: string, schema: SchemaDefinition, { normalize = false } = {}): Promise<RegisteredSchema> {
    try {
      const request = { ...requestOf(schema), version: 0, id: -1 }
      return await this.registry.write((state, resolution) =>
        register(state, resolution, canonicalSubject(subject), request, { normalize, force: false }),
      )
    } catch (error) {
      throw callError(error)
    }
  }

  async lookup(subject: string, schema: SchemaDefinition, { normalize = false } = {}): Promise<RegisteredSchema> {
    return this.ask(() =>
      this.registry.read((state, resolution) =>
        lookup(state, resolution, canonicalSubject(subject), requestOf(schema), { normalize, findsDeleted: false }),
      ),
    )
  }

  async latest(subject: string): Promise<RegisteredSchema & FoundSchema> {
    return this.ask(() => {
      const name = canonicalSubject(subject)
      const version = this.registry.read(state => findVersionById(state, name, 'latest', 'without'))
      return { id: version.id, guid: version.guid, ...this.found(version) }
    })
  }

  byId(id: number): FoundSchema {
    return this.ask(() => this.found(this.registry.read(state => findSchemaById(state, id, ''))))
  }

  byGuid(guid: string): FoundSchema {
    return this.ask(() => this.found(this.registry.read(state => findSchemaByGuid(state, guid))))
  }

  private found(version: SchemaVersion): FoundSchema {
    const { schemaType } = version.content
    const text = this.registry.read((state, resolution) => resolution.parseStored(state, version).formatted('resolved'))
    return { schemaType, text }
  }

  private ask<T>(question: () => T): T {
    try {
      return question()
    } catch (error) {
      throw callError(error)
    }
  }
}

function requestOf({ text, schemaType, references }: SchemaDefinition): SchemaRequest {
  return { text, schemaType: schemaType ?? null, references: references ?? [], metadata: null, ruleSet: null }
}

function callError(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error
  return new RegistryCallError(error.message, error.errorCode, error.httpStatus >= 500, { cause: error })
}
