/** `sasl.jaas.config` of Java clients: a login module, a flag, and options. Only username and password mean something here. */
import { InvalidConfigError } from '@millrace/protocol'

const LINE =
  /^\s*[\w.$]+\s+(?:required|requisite|sufficient|optional)\b((?:[^"';]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*);?\s*$/
const OPTION = /([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"';]+))/g

/** Throws InvalidConfigError, without the text, if it is not of that form. */
export function parseJaasConfig(text: string): { readonly username: string; readonly password: string } {
  const options = LINE.exec(text)?.[1]
  if (options === undefined)
    throw new InvalidConfigError(
      'sasl.jaas.config',
      '[hidden]',
      'must be `LoginModule required username="…" password="…";`',
    )
  let username = ''
  let password = ''
  for (const [, name, double, single, bare] of options.matchAll(OPTION)) {
    const value = bare ?? (double ?? single ?? '').replace(/\\(.)/g, '$1')
    if (name === 'username') username = value
    if (name === 'password') password = value
  }
  return { username, password }
}
