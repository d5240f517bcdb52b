import type { RegistryRecord } from './records.ts'
import type { RegistryState } from './registry-state.ts'

/**
 * What was decided. Nothing in it has happened yet: the registry appends the records, waits until the state has them,
 * and then asks for the answer.
 */
export interface Decision<Answer> {
  readonly records: readonly RegistryRecord[]
  answer(state: RegistryState): Answer
}

export function answerOnly<Answer>(answer: Answer): Decision<Answer> {
  return { records: [], answer: () => answer }
}
