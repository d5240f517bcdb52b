/** A copier as a process of its own, to be killed: its options as JSON in the first argument. SIGTERM ends it cleanly. */
import { type CopierOptions, TransactionalCopier } from './transactional-copier.ts'

const options: CopierOptions = JSON.parse(process.argv[2]!)
const copier = new TransactionalCopier(options)
process.once('SIGTERM', () => {
  copier.stop().then(() => process.exit(0))
})
