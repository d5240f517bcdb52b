import type { LoggedPartition } from './history.ts'

/** What is wrong with a copy that must have each committed record of the original once, in order, partition by partition. */
export function judgeCopy(original: readonly LoggedPartition[], copy: readonly LoggedPartition[]): string[] {
  const problems: string[] = []
  original.forEach((partition, index) => {
    const expected = committedNames(partition)
    const copied = committedNames(copy[index]!)
    const seen = new Set(copied)
    const missing = expected.filter(name => !seen.has(name))
    const at = copy[index]!.partition
    if (missing.length > 0) problems.push(`${at} lacks ${missing.length} records, ${missing[0]} first`)
    if (copied.length > seen.size) problems.push(`${at} has ${copied.length - seen.size} records more than once`)
    const difference = copied.findIndex((name, place) => name !== expected[place])
    if (difference >= 0 && missing.length === 0 && copied.length === seen.size)
      problems.push(`${at} has ${copied[difference]} where ${expected[difference]} belongs`)
  })
  return problems
}

function committedNames({ records }: LoggedPartition): string[] {
  return records.flatMap(({ name, verdict }) => (verdict === 'plain' || verdict === 'committed' ? [name] : []))
}
