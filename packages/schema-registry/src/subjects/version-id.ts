import { invalidVersion } from './registry-error.ts'

export type VersionId = number | 'latest'

/** Throws code 42202. */
export function readVersionId(text: string): VersionId {
  if (text.toLowerCase() === 'latest' || text === '-1') return 'latest'
  const version = /^\+?\d{1,10}$/.test(text) ? Number(text) : 0
  if (version < 1 || version > 2 ** 31 - 1) throw invalidVersion(text)
  return version
}
