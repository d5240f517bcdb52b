/**
 * What a node does with a record's key or value. From this a task knows, before it runs, which keys and values of a
 * source nobody looks at: those are never decoded, and travel as the bytes they were read as.
 */
import type { Serde } from '@millrace/client'

export interface FieldUse {
  /** Looks at the decoded form; an undecoded one is never null unless the bytes are null, so asking for null is no look. */
  readonly reads: boolean
  /** Forwards the field as it came. */
  readonly forwards: boolean
  /** Writes the field under this serde (a store's key); bytes made by the same serde are taken as they are. */
  readonly writesWith?: Serde<unknown> | undefined
}

/** What must be assumed of users' functions. */
export const READ_AND_FORWARDED: FieldUse = { reads: true, forwards: true }
export const READ_AND_REPLACED: FieldUse = { reads: true, forwards: false }
export const ONLY_FORWARDED: FieldUse = { reads: false, forwards: true }
export const IGNORED: FieldUse = { reads: false, forwards: false }
