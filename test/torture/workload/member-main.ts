/** A member of a group as a process of its own: its options as JSON in the first argument, what it hears as lines. */
import { type MemberOptions, OwnMember } from './group-member.ts'

const options: MemberOptions = JSON.parse(process.argv[2]!)
const tell = (kind: string, partitions: readonly number[]) =>
  process.stdout.write(`${[kind, ...partitions].join(' ')}\n`)
const member = new OwnMember(options, {
  assigned: (_, partitions) => tell('assigned', partitions),
  revoked: (_, partitions) => tell('revoked', partitions),
  received: (_, partition) => tell('received', [partition]),
})
process.once('SIGTERM', () => {
  member.leave().then(() => process.exit(0))
})
