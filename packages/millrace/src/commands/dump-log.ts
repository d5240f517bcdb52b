import type { Dumped, RecordDecoder } from '@millrace/broker'
import { realPlatform } from '@millrace/platform'
import { printJson } from '@millrace/protocol'
import type { Command } from 'commander'
import { wholeNumber } from './options.ts'

interface DumpLogOptions {
  readonly files: string
  readonly deepIteration?: boolean
  readonly printDataLog?: boolean
  readonly offsetsDecoder?: boolean
  readonly transactionLogDecoder?: boolean
  readonly clusterMetadataDecoder?: boolean
  readonly skipRecordMetadata?: boolean
  readonly indexSanityCheck?: boolean
  readonly verifyIndexOnly?: boolean
  readonly maxBytes?: number
  readonly json?: boolean
}

/** As `kafka-dump-log`, option by option; directories may be named too. */
export function addDumpLog(program: Command): void {
  program
    .command('dump-log')
    .description('shows what is in the files of a data directory, ours or of Apache Kafka')
    .requiredOption('--files <path,…>', 'logs, indexes, snapshots, checkpoints; of a directory all of them')
    .option('--deep-iteration', 'records too, not batches alone')
    .option('--print-data-log', 'keys and values of the records as text')
    .option('--offsets-decoder', 'records of __consumer_offsets as JSON')
    .option('--transaction-log-decoder', 'records of __transaction_state as JSON')
    .option('--cluster-metadata-decoder', 'records of __cluster_metadata as JSON')
    .option('--skip-record-metadata', 'only keys and values of records')
    .option('--index-sanity-check', 'of indexes only whether a broker would trust them')
    .option('--verify-index-only', 'compare indexes with their logs, show no entries')
    .option('--max-bytes <number>', 'read no more than this of a log', wholeNumber)
    .option('--json', 'print JSON, an object a line')
    .action(dumpLog)
}

async function dumpLog(options: DumpLogOptions): Promise<void> {
  // Loaded here only: the other tools start sooner without the broker.
  const { dumpedText, dumpFile, filesToDump } = await import('@millrace/broker')
  const platform = realPlatform()
  const { json, skipRecordMetadata = false } = options
  const decoder = decoderOf(options)
  const emit = (dumped: Dumped): void => {
    if (dumped.kind === 'problem' || dumped.kind === 'trailing-bytes') process.exitCode = 1
    const stream = dumped.kind === 'problem' || dumped.kind === 'note' ? process.stderr : process.stdout
    const text = json ? printJson(dumped) : dumpedText(dumped, { skipRecordMetadata })
    stream.write(`${text}\n`)
  }
  const dumpOptions = {
    isDeep: options.deepIteration === true,
    ...(decoder === undefined ? {} : { decoder }),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
    isIndexSanityOnly: options.indexSanityCheck === true,
    isIndexVerifyOnly: options.verifyIndexOnly === true,
  }
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit())
  for (const path of options.files.split(','))
    for (const file of filesToDump(platform.files, path)) await dumpFile(platform, file, dumpOptions, emit)
}

function decoderOf(options: DumpLogOptions): RecordDecoder | undefined {
  if (options.offsetsDecoder) return 'offsets'
  if (options.transactionLogDecoder) return 'transaction-log'
  if (options.clusterMetadataDecoder) return 'cluster-metadata'
  return options.printDataLog ? 'text' : undefined
}
