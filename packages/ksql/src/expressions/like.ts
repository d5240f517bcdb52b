/**
 * LIKE: `%` matches any characters, `_` one, an escape character takes the next one as it is. Matching is linear in
 * text × pattern and needs no regular expression, so no pattern can make it slow.
 */
import { EvaluationError } from './compiled.ts'

const ANY = Symbol('%')
const ONE = Symbol('_')
type Part = string | typeof ANY | typeof ONE

export function likeMatcher(pattern: string, escapeWith: string | null): (text: string) => boolean {
  const parts = partsOf(pattern, escapeWith)
  return text => matches([...text], parts)
}

function partsOf(pattern: string, escapeWith: string | null): Part[] {
  const parts: Part[] = []
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === escapeWith) {
      const next = characters[++i]
      if (next === undefined) throw new EvaluationError(`LIKE must not end with escape character! Got: ${pattern}`)
      parts.push(next)
    } else if (character === '%') {
      if (parts.at(-1) !== ANY) parts.push(ANY)
    } else parts.push(character === '_' ? ONE : character)
  }
  return parts
}

/** Greedy with one point to return to: the last `%`. */
function matches(text: readonly string[], parts: readonly Part[]): boolean {
  let [at, part, star, resume] = [0, 0, -1, 0]
  while (at < text.length) {
    const expected = parts[part]
    if (expected === ANY) {
      star = part++
      resume = at
    } else if (expected === ONE || (expected !== undefined && expected === text[at])) {
      at++
      part++
    } else if (star >= 0) {
      part = star + 1
      at = ++resume
    } else return false
  }
  while (parts[part] === ANY) part++
  return part === parts.length
}
