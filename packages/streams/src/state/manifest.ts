/**
 * What a task's engine holds beside the rows of its stores. It is one row of JSON, written in the same batch as the
 * rows it describes, so the state, the changelog offsets it stands at and the inputs it stands for never disagree.
 */
import { StateEngineError } from './engine/state-engine-error.ts'
import type { StoreLayout } from './store-layout.ts'

/** Where in its changelog the persisted state of a store stands. */
export interface ChangelogPosition {
  readonly topic: string
  /** A deleted and recreated topic has another id: the local state is then worth nothing. Null when not known. */
  readonly topicId: string | null
  readonly partition: number
  /** The next offset to restore. */
  readonly offset: number
  /** Of the rows that the changelog became. Undefined in manifests of versions that did not record it. */
  readonly layout?: StoreLayout
}

export interface InputPosition {
  readonly topic: string
  readonly partition: number
  /** The offset of the next record that the state has not seen. */
  readonly offset: number
}

/** What a commit says of the state it makes. */
export interface Checkpoint {
  /** By store name. */
  readonly changelogs: ReadonlyMap<string, ChangelogPosition>
  readonly inputs: readonly InputPosition[]
}

export interface Manifest extends Checkpoint {
  /** The number of a store is its index + 1; it starts the keys of the store's rows. Names are only ever added. */
  readonly storeNames: readonly string[]
  /** Wall clock of the batch; a changelog forgets tombstones after a while, so older state cannot catch up. */
  readonly persistedAtMs: number
}

const FORMAT_VERSION = 1
export const EMPTY_CHECKPOINT: Checkpoint = { changelogs: new Map(), inputs: [] }

export function encodeManifest(manifest: Manifest): Buffer {
  const { storeNames, inputs, persistedAtMs } = manifest
  return Buffer.from(
    JSON.stringify({
      formatVersion: FORMAT_VERSION,
      storeNames,
      changelogs: [...manifest.changelogs],
      inputs,
      persistedAtMs,
    }),
  )
}

/** Throws a {@link StateEngineError} for a format this version does not know. */
export function decodeManifest(bytes: Buffer, directory: string): Manifest {
  const json = JSON.parse(bytes.toString()) as {
    formatVersion: number
    storeNames: string[]
    changelogs: [string, ChangelogPosition][]
    inputs: InputPosition[]
    persistedAtMs: number
  }
  if (json.formatVersion !== FORMAT_VERSION) {
    throw new StateEngineError(
      'STATE_CORRUPT',
      directory,
      `format ${json.formatVersion} is not the format ${FORMAT_VERSION} of this version; remove the directory to restore from the changelogs`,
    )
  }
  const { storeNames, inputs, persistedAtMs } = json
  return { storeNames, changelogs: new Map(json.changelogs), inputs, persistedAtMs }
}
