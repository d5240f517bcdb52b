import { MillraceError } from '@millrace/protocol'

/** A streams application did something Kafka Streams forbids while it runs. */
export class StreamsError extends MillraceError {
  readonly code: string = 'STREAMS'
}

/** A topology cannot be built: a name is taken, a node or store is missing, an argument makes no sense. */
export class TopologyError extends MillraceError {
  readonly code = 'INVALID_TOPOLOGY'
}
