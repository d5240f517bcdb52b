import { MillraceError } from '@millrace/protocol'

/** `STATE_LOCKED`: another process has it open; `STATE_CORRUPT`: the files are damaged; `STATE_IO`: the system refused. */
export type StateEngineErrorCode = 'STATE_LOCKED' | 'STATE_CORRUPT' | 'STATE_IO'

export class StateEngineError extends MillraceError {
  constructor(
    readonly code: StateEngineErrorCode,
    readonly directory: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`state in ${directory}: ${reason}`, options)
  }
}
