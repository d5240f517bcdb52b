import { MillraceError } from '../errors/millrace-error.ts'

/** Bytes that do not follow the protocol. `path` names the field (`topics[].partitions[].index`) or is empty. */
export class MalformedMessageError extends MillraceError {
  readonly code = 'MALFORMED_MESSAGE'
  constructor(
    readonly messageName: string,
    readonly version: number,
    readonly path: string,
    readonly reason: string,
  ) {
    super(`malformed ${messageName} v${version}${path === '' ? '' : ` at ${path}`}: ${reason}`)
  }
}

/** A value that the message cannot carry in this version, or that is not of its type: a bug of the caller. */
export class UnencodableValueError extends MillraceError {
  readonly code = 'UNENCODABLE_VALUE'
  constructor(
    readonly messageName: string,
    readonly version: number,
    readonly path: string,
    readonly reason: string,
  ) {
    super(`cannot encode ${messageName} v${version}${path === '' ? '' : ` at ${path}`}: ${reason}`)
  }
}
