/** Keys are ordered as unsigned bytes, a proper prefix before what it starts. */

/** A half-open range of keys `[from, to)`. An undefined `to` has no end. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const difference = left[i]! - right[i]!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function rangeContains(range: KeyRange, key: Uint8Array): boolean {
  return compareBytes(key, range.from) >= 0 && (range.to === undefined || compareBytes(key, range.to) < 0)
}

/** The first key after every key that starts with `prefix`; undefined when there is none (nothing but 0xff). */
export function prefixEnd(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = Buffer.from(prefix.subarray(0, length))
  end[length - 1] = end[length - 1]! + 1
  return end
}

export function prefixRange(prefix: Uint8Array): KeyRange {
  return { from: prefix, to: prefixEnd(prefix) }
}

/** The first key after `key`. */
export function keyAfter(key: Uint8Array): Buffer {
  const next = Buffer.alloc(key.length + 1)
  next.set(key)
  return next
}
