/**
 * How the rows of a store are written on disk. Rows of another layout are not found, or are read as what they are not,
 * so state is only used by a store of the same one.
 */
export interface StoreLayout {
  readonly rows: 'key-value' | 'unmatched' | 'window' | 'join'
  /** Whether a timestamp stands before the value of a row. */
  readonly values: 'plain' | 'timestamped'
  /** What time is divided by for the number that row keys begin with; null where they do not begin with time. */
  readonly segmentMs: number | null
}

/** @param stored undefined in manifests of versions that did not record it: those only wrote key-value rows as now */
export function isSameLayout(stored: StoreLayout | undefined, layout: StoreLayout): boolean {
  if (stored === undefined) return layout.segmentMs === null
  return stored.rows === layout.rows && stored.values === layout.values && stored.segmentMs === layout.segmentMs
}
