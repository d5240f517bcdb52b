/** A result needs every key column in its select list, exactly once. */
import { sameExpression } from '../ast/visit.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { KeyColumn, KeyOrigin } from './planned.ts'
import type { SelectItem } from './select-items.ts'

export interface KeyItem {
  readonly key: KeyColumn
  readonly item: SelectItem
}

/** Throws SqlAnalysisError. */
export function checkKeys(
  keys: readonly KeyColumn[],
  items: readonly SelectItem[],
  origin: KeyOrigin,
  sink: string,
): KeyItem[] {
  const found: KeyItem[] = []
  const missing: KeyColumn[] = []
  for (const key of keys) {
    // Of the columns that all hold the key, the first one named is the key; others are values.
    const [expression] = key.expressions.filter(candidate =>
      items.some(item => sameExpression(item.expression, candidate)),
    )
    const matches = expression === undefined ? [] : items.filter(item => sameExpression(item.expression, expression))
    const [item] = matches
    if (item === undefined) {
      missing.push(key)
      continue
    }
    if (matches.length > 1)
      throw new SqlAnalysisError(
        `The projection contains a key column more than once: ${matches.map(({ name }) => `\`${name}\``).join(' and ')}.\nEach key column must only be in the projection once. If you intended to copy the key into the value, then consider using the AS_VALUE function to indicate which key reference should be copied.`,
        matches[1]!.original.at,
      )
    found.push({ key, item })
  }
  if (missing.length > 0) throw missingKeys(keys, missing, origin, sink)
  return found
}

function missingKeys(
  keys: readonly KeyColumn[],
  missing: readonly KeyColumn[],
  origin: KeyOrigin,
  sink: string,
): SqlAnalysisError {
  const choices = keys.flatMap(({ text }) => text)
  const several = origin === 'join expression' ? choices.length > 1 : keys.length > 1
  const synthetic =
    origin === 'join expression' && missing[0]!.text.length === 1 && missing[0]!.text[0]!.startsWith('ROWKEY')
  const joined = choices.join(origin === 'join expression' ? ' or ' : ' and ')
  const example = origin === 'join expression' ? choices[0] : choices.join(', ')
  const lines = [
    'Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.',
    `The query used to build \`${sink}\` must include the ${origin}${several ? 's' : ''} ${joined} in its projection (eg, SELECT ${example}...).`,
  ]
  if (synthetic)
    lines.push(
      `${choices[0]} was added as a synthetic key column because the join criteria did not match any source column. This expression must be included in the projection and may be aliased. `,
    )
  return new SqlAnalysisError(lines.join('\n'))
}
