/**
 * What a node does with a record's key or value. From this a task knows, before it runs, which keys and values of a
 * source nobody looks at: those are not decoded, and travel as the bytes they were read as.
 */
import type { Serde } from '@millrace/client'

export interface FieldUse {
  /** Looks at the decoded form. Asking for null is no look: what is not decoded is null exactly when its bytes are. */
  readonly reads: boolean
  /** Forwards the field as it came. */
  readonly forwards: boolean
  /** Writes it under this serde: what is not decoded will do if its bytes are in the same one. */
  readonly writesWith?: Serde<unknown>
}

/** What must be assumed of users' functions. */
export const READ_AND_FORWARDED: FieldUse = { reads: true, forwards: true }
export const READ_AND_REPLACED: FieldUse = { reads: true, forwards: false }
export const ONLY_FORWARDED: FieldUse = { reads: false, forwards: true }
export const IGNORED: FieldUse = { reads: false, forwards: false }
