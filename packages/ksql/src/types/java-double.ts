/** DOUBLE as text the way Java prints it: JSON, DELIMITED, CAST and CONCAT show it. */

/**
 * Java's Double.toString (JDK 19 and later: the shortest digits that read back the same): plain for 10^−3 ≤ |value| < 10^7 with at least one digit
 * after the point, otherwise `d.dddE±n` without a plus sign; `NaN`, `Infinity`, `-Infinity`.
 */
export function javaDoubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const text = String(value)
    return text.includes('.') ? text : `${text}.0`
  }
  // Java shows two digits even where one is enough, and then the closest two: 4.9E-324 and not 5.0E-324.
  const shortest = value.toExponential()
  const text = shortest.includes('.') ? shortest : value.toExponential(1)
  return text.replace(/e\+?/, 'E')
}
