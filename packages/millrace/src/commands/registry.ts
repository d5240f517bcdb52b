import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { table } from './table.ts'

interface RegistryOptions {
  readonly url: string
  readonly json?: boolean
}

export function addRegistry(program: Command): void {
  const registry = program.command('registry').description('subjects and schemas of a schema registry')
  const withUrl = (command: Command): Command =>
    command.option('--url <url>', 'of the registry', 'http://127.0.0.1:8081').option('--json', 'print JSON')
  withUrl(registry.command('subjects', { isDefault: true }).description('subjects and their versions')).action(subjects)
  withUrl(registry.command('show <subject> [version]').description('a schema')).action(show)
  withUrl(registry.command('register <subject> <file>').description('register the Avro schema in a file')).action(
    register,
  )
  withUrl(
    registry.command('check <subject> <file>').description('is the schema in a file compatible with the latest one?'),
  ).action(check)
}

async function call(url: string, path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    ...init,
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
  }).catch(error => {
    throw new Error(`no schema registry answers at ${url}: start one with millrace start, or name it with --url`, {
      cause: error,
    })
  })
  const body = (await response.json()) as { error_code?: number; message?: string }
  if (!response.ok) throw new Error(`${body.error_code}: ${body.message}`)
  return body
}
function schemaBody(file: string): RequestInit {
  return { method: 'POST', body: JSON.stringify({ schema: readFileSync(file, 'utf8') }) }
}

async function subjects({ url, json }: RegistryOptions): Promise<void> {
  const names = (await call(url, '/subjects')) as string[]
  const rows: [string, string][] = []
  for (const name of names)
    rows.push([name, ((await call(url, `/subjects/${encodeURIComponent(name)}/versions`)) as number[]).join(', ')])
  if (json)
    for (const [subject, versions] of rows)
      console.log(JSON.stringify({ subject, versions: versions.split(', ').map(Number) }))
  else console.log(rows.length === 0 ? 'there are no subjects' : table(['subject', 'versions'], rows))
}
async function show(subject: string, version: string | undefined, { url, json }: RegistryOptions): Promise<void> {
  const found = (await call(url, `/subjects/${encodeURIComponent(subject)}/versions/${version ?? 'latest'}`)) as {
    schema: string
    id: number
    version: number
  }
  console.log(
    json
      ? JSON.stringify(found)
      : `${subject}, version ${found.version}, id ${found.id}\n\n${JSON.stringify(JSON.parse(found.schema), null, 2)}`,
  )
}
async function register(subject: string, file: string, { url, json }: RegistryOptions): Promise<void> {
  const { id } = (await call(url, `/subjects/${encodeURIComponent(subject)}/versions`, schemaBody(file))) as {
    id: number
  }
  console.log(json ? JSON.stringify({ subject, id }) : `registered under ${subject} with id ${id}`)
}
async function check(subject: string, file: string, { url, json }: RegistryOptions): Promise<void> {
  const answer = (await call(
    url,
    `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`,
    schemaBody(file),
  )) as { is_compatible: boolean; messages?: string[] }
  if (json) console.log(JSON.stringify(answer))
  else console.log(answer.is_compatible ? 'compatible' : `not compatible\n${(answer.messages ?? []).join('\n')}`)
  if (!answer.is_compatible) process.exitCode = 1
}
