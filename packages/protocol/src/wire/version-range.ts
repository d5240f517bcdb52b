/** Inclusive range of versions. `max` is Infinity for an open one (`3+`); an empty one has `min > max`. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** Kafka's notation: `0-4`, `3+`, `2`, `none`. */
export type VersionNotation = `${number}-${number}` | `${number}+` | `${number}` | 'none'

const EMPTY: VersionRange = { min: 1, max: 0 }

export function parseVersions(notation: VersionNotation): VersionRange {
  if (notation === 'none') return EMPTY
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(notation)
  if (match === null) throw new TypeError(`not a version range: ${notation}`)
  const min = Number(match[1])
  if (match[2] === '+') return { min, max: Number.POSITIVE_INFINITY }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}
