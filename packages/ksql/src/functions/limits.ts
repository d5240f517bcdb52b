/**
 * How large one value may become inside a function. A row can ask for far more than it holds (`LPAD(x, 2000000000, 'a')`,
 * `GENERATE_SERIES(1, 2000000000)`); such a call fails and gives NULL instead of taking the process down.
 */
import { EvaluationError } from '../expressions/compiled.ts'

/** UTF-16 code units of a text, bytes of a BYTES: as much as a record of Kafka's default maximum size could hold 16 times. */
export const MAX_RESULT_LENGTH = 16 * 1024 * 1024
/** Elements of an array that a function makes out of little input. */
export const MAX_RESULT_ELEMENTS = 1_000_000

export function checkLength(length: number, fn: string): void {
  if (length > MAX_RESULT_LENGTH)
    throw new EvaluationError(`${fn}: a result of length ${length} is over the limit of ${MAX_RESULT_LENGTH}`)
}
export function checkElements(count: number, fn: string): void {
  if (count > MAX_RESULT_ELEMENTS)
    throw new EvaluationError(`${fn}: an array of ${count} elements is over the limit of ${MAX_RESULT_ELEMENTS}`)
}
