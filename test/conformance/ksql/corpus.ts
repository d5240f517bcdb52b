/** The ksqlDB corpus as its README describes it, read with the text of every number. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LosslessNumber, parse } from 'lossless-json'

export type Spec = null | boolean | string | LosslessNumber | Spec[] | { [name: string]: Spec }

export interface SpecRecord {
  readonly topic: string
  readonly key?: Spec
  readonly value?: Spec
  readonly timestamp?: LosslessNumber
  readonly window?: { readonly start: LosslessNumber; readonly end: LosslessNumber; readonly type: string }
  readonly headers?: readonly { readonly KEY: string; readonly VALUE: string | null }[]
}
export interface SpecTopic {
  readonly name: string
  readonly partitions?: LosslessNumber
  readonly keySchema?: Spec
  readonly valueSchema?: Spec
  readonly keyFormat?: string
  readonly valueFormat?: string
  readonly keySchemaId?: LosslessNumber
  readonly valueSchemaId?: LosslessNumber
}
export interface SpecPost {
  readonly sources?: readonly {
    readonly name: string
    readonly type?: string
    readonly schema?: string
    readonly keyFormat?: string | { readonly format: string }
    readonly valueFormat?: string
  }[]
  readonly topics?: { readonly blacklist?: string }
}
export interface QttCase {
  readonly id: string
  readonly properties?: { readonly [name: string]: Spec }
  readonly topics?: readonly SpecTopic[]
  readonly statements: readonly string[]
  readonly inputs?: readonly SpecRecord[]
  readonly outputs?: readonly SpecRecord[]
  readonly expectedException?: {
    readonly type?: string
    readonly message?: string
    readonly cause?: string
    readonly causeMessage?: string
  }
  readonly post?: SpecPost
}

/** Cases of all files in `directory`; those of another kind are left out. */
export function readCases<Case extends { readonly id: string }>(directory: string, kind: string): Case[] {
  const cases: Case[] = []
  for (const name of readdirSync(directory)
    .filter(file => file.endsWith('.json'))
    .sort()) {
    const file = parse(readFileSync(join(directory, name), 'utf8')) as { kind: string; cases: Case[] }
    if (file.kind === kind) cases.push(...file.cases)
  }
  return cases
}

export function numberOf(value: LosslessNumber | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.value)
}

/** JSON again, numbers as they were written. */
export function jsonText(spec: Spec): string {
  if (spec instanceof LosslessNumber) return spec.value
  if (Array.isArray(spec)) return `[${spec.map(jsonText).join(',')}]`
  if (typeof spec === 'object' && spec !== null)
    return `{${Object.entries(spec)
      .map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`)
      .join(',')}}`
  return JSON.stringify(spec)
}
