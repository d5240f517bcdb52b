import { EvaluationError } from '../expressions/compiled.ts'
import { type Implementation, overload, type ScalarFunction, scalar } from './scalar-function.ts'

type MaskText = string | null
/** What replaces capitals, small letters, digits and everything else; null leaves them. */
type Masks = readonly [upper: MaskText, lower: MaskText, digit: MaskText, other: MaskText]
const DEFAULT_MASKS: Masks = ['X', 'x', 'n', '-']

function masksOf(masks: readonly MaskText[]): Masks {
  if (masks.length === 0) return DEFAULT_MASKS
  for (const mask of masks)
    if (mask !== null && mask.length !== 1)
      throw new EvaluationError(`Invalid mask character. Must be only single character, but was '${mask}'`)
  return masks as unknown as Masks
}
/** Character by character in UTF-16; half of a surrogate pair is something else. */
function masked(text: string, [upper, lower, digit, other]: Masks): string {
  let result = ''
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    const mask = /\p{Lu}/u.test(character)
      ? upper
      : /\p{Ll}/u.test(character)
        ? lower
        : /\p{Nd}/u.test(character)
          ? digit
          : other
    result += mask ?? character
  }
  return result
}

const MASK_PARAMETERS = 'VARCHAR upper, VARCHAR lower, VARCHAR digit, VARCHAR other'

/** `toMask` says from where to where a text of some length is masked. */
function partialMask(
  name: string,
  description: string,
  toMask: (length: number, characters: number) => readonly [start: number, end: number],
): ScalarFunction {
  const apply: Implementation = (text: string | null, characters: number | null, ...masks: MaskText[]) => {
    const chosen = masksOf(masks)
    if (characters !== null && characters < 0)
      throw new EvaluationError(`function ${name} requires a non-negative number of characters to mask or skip`)
    if (text === null || characters === null) return null
    const [start, end] = toMask(text.length, Math.min(characters, text.length))
    return text.slice(0, start) + masked(text.slice(start, end), chosen) + text.slice(end)
  }
  return scalar(name, 'STRING', description, [
    overload('(VARCHAR input, INT numChars): VARCHAR', apply, { takesNulls: true }),
    overload(`(VARCHAR input, INT numChars, ${MASK_PARAMETERS}): VARCHAR`, apply, { takesNulls: true }),
  ])
}

const maskAll: Implementation = (text: string | null, ...masks: MaskText[]) => {
  const chosen = masksOf(masks)
  return text === null ? null : masked(text, chosen)
}

export const maskFunctions: readonly ScalarFunction[] = [
  scalar('mask', 'STRING', 'The text with every character replaced by the mask of its kind.', [
    overload('(VARCHAR input): VARCHAR', maskAll, { takesNulls: true }),
    overload(`(VARCHAR input, ${MASK_PARAMETERS}): VARCHAR`, maskAll, { takesNulls: true }),
  ]),
  partialMask('mask_keep_left', 'Masks all but the first characters.', (length, count) => [count, length]),
  partialMask('mask_keep_right', 'Masks all but the last characters.', (length, count) => [0, length - count]),
  partialMask('mask_left', 'Masks the first characters.', (_, count) => [0, count]),
  partialMask('mask_right', 'Masks the last characters.', (length, count) => [length - count, length]),
]
