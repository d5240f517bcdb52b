/** When an answer is the expected one: "rest-scenarios.json" of the corpus' README. */
import { JsonNumber, type JsonValue, printJson } from '@millrace/schema-registry'

/** Null if equal; property order does not count. */
export function difference(what: string, expected: JsonValue, actual: JsonValue): string | null {
  return isEqual(expected, actual) ? null : `${what}: expected ${printJson(expected)}, got ${printJson(actual)}`
}

export function isEqual(left: JsonValue, right: JsonValue): boolean {
  return matches(left, right, true)
}

/** Every property expected is there and matches; arrays match item by item. */
export function isSubset(expected: JsonValue, actual: JsonValue): boolean {
  return matches(expected, actual, false)
}

/** The same items in some order. */
export function isEqualUnordered(expected: JsonValue, actual: JsonValue): boolean {
  if (!Array.isArray(expected) || !Array.isArray(actual)) return isEqual(expected, actual)
  const sorted = (items: readonly JsonValue[]) => items.map(printJson).sort()
  return isEqual(sorted(expected), sorted(actual))
}

function matches(expected: JsonValue, actual: JsonValue, isWhole: boolean): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      expected.length === actual.length &&
      expected.every((item, index) => matches(item, actual[index], isWhole))
    )
  if (expected instanceof Map)
    return (
      actual instanceof Map &&
      (!isWhole || expected.size === actual.size) &&
      [...expected].every(([name, value]) => actual.has(name) && matches(value, actual.get(name), isWhole))
    )
  if (expected instanceof JsonNumber) return actual instanceof JsonNumber && expected.toNumber() === actual.toNumber()
  return expected === actual
}
