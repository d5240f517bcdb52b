/** What may be done with a subject, a context, or all (`MODE` records). */
import { invalidMode } from './registry-error.ts'

export const MODES = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const
export type Mode = (typeof MODES)[number]
export const DEFAULT_MODE: Mode = 'READWRITE'

/** In any case. Throws code 42204. */
export function readMode(text: string | null): Mode {
  const mode = MODES.find(known => known === text?.toUpperCase())
  if (mode === undefined) throw invalidMode(`Invalid mode. Valid values are ${MODES.join(', ')}`)
  return mode
}

export function isReadOnly(mode: Mode): boolean {
  return mode === 'READONLY' || mode === 'READONLY_OVERRIDE'
}

/** Schemas come with the ids and versions they had elsewhere, unchecked. */
export function isImport(mode: Mode): boolean {
  return mode === 'IMPORT' || mode === 'FORWARD'
}
