/**
 * Fails when the code stops being what its layout says: packages import in one direction and through their front doors,
 * files of a package form no cycle, and only `platform` touches clock, timers, randomness, files and sockets.
 *
 *   node scripts/check-structure.mjs [root]
 *
 * Prints `file:line: rule` for each violation and exits with 1 if there is one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the sources of each package may import of the others. */
const ALLOWED_IMPORTS = {
  platform: [],
  protocol: [],
  client: ['platform', 'protocol'],
  broker: ['platform', 'protocol'],
  'schema-registry': ['platform', 'client', 'protocol'],
  streams: ['platform', 'client', 'protocol'],
  ksql: ['platform', 'client', 'streams', 'schema-registry', 'protocol'],
  millrace: ['platform', 'protocol', 'client', 'broker', 'schema-registry', 'streams', 'ksql'],
}

/** Only `platform` reaches the machine; files below these paths may too. */
const SEAM_EXCEPTIONS = [
  // The command line, and the adapter that serves HTTP.
  'packages/millrace/src/commands/',
  'packages/millrace/src/server/http-server.ts',
]

const SYSTEM_MODULES = new Set(
  'child_process crypto dgram dns fs http http2 https net os perf_hooks timers tls zlib'.split(' '),
)
/** What may be imported of a system module all the same: it computes and knows nothing of the machine. */
const HARMLESS_IMPORTS = { crypto: ['createHash', 'createHmac', 'timingSafeEqual', 'pbkdf2Sync', 'Hash', 'Hmac'] }

/** Globals by which a program would reach the machine past its platform. */
const SYSTEM_GLOBALS = [
  { pattern: /\bDate\s*\.\s*now\b/g, use: 'Clock.nowMs', found: 'Date.now' },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s\w(]))/g, use: 'Clock.nowMs', found: 'new Date()' },
  { pattern: /(?<![.\w]|new\s)Date\s*\(/g, use: 'Clock.nowMs', found: 'Date()' },
  { pattern: /(?<![.\w])performance\s*\./g, use: 'Clock.monotonicMs', found: 'performance' },
  { pattern: /\bprocess\s*\.\s*(?:hrtime|uptime)\b/g, use: 'Clock.monotonicMs', found: 'process.hrtime' },
  { pattern: /\bMath\s*\.\s*random\b/g, use: 'Random', found: 'Math.random' },
  { pattern: /\b(?:getRandomValues|randomUUID|randomBytes|randomInt|randomFill(?:Sync)?)\b/g, use: 'Random' },
  { pattern: /(?<![.\w])(?:setTimeout|setInterval)\b/g, use: 'Timers.after' },
  { pattern: /\bglobalThis\s*\.\s*(?:setTimeout|setInterval|setImmediate|performance|crypto)\b/g, use: 'the platform' },
  { pattern: /(?<![.\w])setImmediate\b|\bprocess\s*\.\s*nextTick\b/g, use: 'Timers.soon' },
  { pattern: /\bAbortSignal\s*\.\s*timeout\b/g, use: 'Timers.after', found: 'AbortSignal.timeout' },
  { pattern: /(?<![.\w])(?:WeakRef|FinalizationRegistry)\b/g, use: 'an owner that closes: collection has no order' },
]

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'))
const violations = checkStructure(root)
for (const { file, line, rule } of violations) console.error(`${file}:${line}: ${rule}`)
if (violations.length > 0)
  console.error(`\n${violations.length} structure violation${violations.length > 1 ? 's' : ''}`)
process.exitCode = violations.length > 0 ? 1 : 0

function checkStructure(root) {
  const violations = []
  const sources = new Map()
  for (const packageName of directoriesIn(join(root, 'packages'))) {
    for (const part of ['src', 'test']) {
      for (const path of typeScriptFilesBelow(join(root, 'packages', packageName, part))) {
        const file = relative(root, path).split(sep).join('/')
        sources.set(file, parse(file, packageName, part, readFileSync(path, 'utf8')))
      }
    }
  }
  for (const source of sources.values()) {
    const report = (index, rule) => violations.push({ file: source.file, line: lineAt(source.text, index), rule })
    for (const imported of source.imports) checkImport(source, imported, report)
    if (source.part === 'src' && source.packageName !== 'platform' && !isExcepted(source.file)) {
      checkSeams(source, report)
    }
  }
  violations.push(...cycles(sources))
  return violations.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
}

function checkImport({ file, packageName, part }, { specifier, index }, report) {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier)
    const home = `packages/${packageName}/`
    if (!target.startsWith(home)) {
      report(index, `imports ${target} by path; import another package as '@millrace/<name>'`)
    } else if (part === 'src' && !target.startsWith(`${home}src/`)) {
      report(index, `sources import ${target}, which is not a source`)
    } else if (part === 'src' && /^(?:.*\/)?index(?:\.[jt]s)?$/.test(target.slice(`${home}src/`.length))) {
      report(index, `imports ${specifier}; import the file that defines the thing`)
    } else if (part === 'src' && target === `${home}src`) {
      report(index, `imports ${specifier}; import the file that defines the thing`)
    }
    return
  }
  const [, target, below] = /^@millrace\/([^/]+)(\/.*)?$/.exec(specifier) ?? []
  if (target === undefined) return
  if (below !== undefined)
    report(index, `imports '${specifier}'; a package is entered through '@millrace/${target}' only`)
  if (part !== 'src') return
  if (target === packageName) report(index, `imports its own package; import the file that defines the thing`)
  const allowed = ALLOWED_IMPORTS[packageName]
  if (allowed === undefined) report(index, `package ${packageName} is missing in the table of allowed imports`)
  else if (target !== packageName && !allowed.includes(target)) {
    report(index, `${packageName} must not import ${target} (it may import: ${allowed.join(', ') || 'nothing'})`)
  }
}

function checkSeams({ code, imports }, report) {
  for (const { specifier, names, index } of imports) {
    const module = specifier.replace(/^node:/, '').split('/')[0]
    if (!SYSTEM_MODULES.has(module)) continue
    const harmless = HARMLESS_IMPORTS[module] ?? []
    if (names?.every(name => harmless.includes(name))) continue
    report(index, `imports '${specifier}'; only platform reaches the machine, take what you need from the Platform`)
  }
  for (const { pattern, use, found } of SYSTEM_GLOBALS) {
    for (const match of code.matchAll(pattern)) {
      report(match.index, `uses ${found ?? match[0].replaceAll(/\s/g, '')}; take ${use}`)
    }
  }
}

/** The shortest way round from each file that is in a cycle and not in one shown already. */
function cycles(sources) {
  const edges = new Map()
  for (const { file, imports } of sources.values()) {
    edges.set(
      file,
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier, index }) => ({ target: posix.join(posix.dirname(file), specifier), index }))
        .filter(({ target }) => sources.has(target)),
    )
  }
  const reported = new Set()
  const found = []
  for (const file of [...edges.keys()].sort()) {
    if (reported.has(file)) continue
    const path = shortestWayRound(file, edges)
    if (path === undefined) continue
    for (const member of path) reported.add(member)
    const { index } = edges.get(file).find(({ target }) => target === path[1])
    const { text } = sources.get(file)
    found.push({
      file,
      line: lineAt(text, index),
      rule: `import cycle: ${path.map(name => name.replace(/^packages\//, '')).join(' → ')}`,
    })
  }
  return found
}

/** The files from `start` back to `start`, both included. */
function shortestWayRound(start, edges) {
  const cameFrom = new Map()
  const queue = [start]
  for (const file of queue) {
    for (const { target } of edges.get(file)) {
      if (target === start) {
        const path = [start]
        for (let at = file; at !== start; at = cameFrom.get(at)) path.unshift(at)
        return [start, ...path]
      }
      if (cameFrom.has(target)) continue
      cameFrom.set(target, file)
      queue.push(target)
    }
  }
  return undefined
}

/**
 * `code` is `text` with comments and the contents of strings blanked, so that a pattern finds code only and every index
 * still fits.
 */
function parse(file, packageName, part, text) {
  const { code, strings } = blank(text)
  const imports = []
  for (const { start, value } of strings) {
    const before = code.slice(0, start)
    const statement = /\b(?:import|export)\b([^;'"`()]*?)\bfrom\s*$/.exec(before.slice(-4000))
    if (statement !== null) imports.push({ specifier: value, index: start, names: importedNames(statement[1]) })
    else if (/\bimport\s*(?:\(\s*)?$|\brequire\s*\(\s*$/.test(before.slice(-40)))
      imports.push({ specifier: value, index: start })
  }
  return { file, packageName, part, text, code, imports }
}

/** The names in braces; undefined for a default or namespace import, which gives everything. */
function importedNames(clause) {
  const braces = /^\s*(?:type\s+)?\{([^}]*)\}\s*$/.exec(clause)
  return braces?.[1]
    .split(',')
    .map(
      name =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0],
    )
    .filter(name => name !== '')
}

function blank(text) {
  const code = text.split('')
  const strings = []
  const wipe = (from, to) => {
    for (let index = from; index < to; index++) if (code[index] !== '\n') code[index] = ' '
  }
  /** Depth of braces at which each open template literal goes on. */
  const templates = []
  let depth = 0
  let at = 0
  const skipTemplate = () => {
    const from = at
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) at += text[at] === '\\' ? 2 : 1
    wipe(from, at)
    if (text[at] === '`') at++
    else {
      templates.push(depth++)
      at += 2
    }
  }
  while (at < text.length) {
    const character = text[at]
    if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at)
      wipe(at, end === -1 ? text.length : end)
      at = end === -1 ? text.length : end
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      wipe(at, end === -1 ? text.length : end + 2)
      at = end === -1 ? text.length : end + 2
    } else if (character === "'" || character === '"') {
      const from = ++at
      while (at < text.length && text[at] !== character && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
      strings.push({ start: from - 1, value: text.slice(from, at) })
      wipe(from, at)
      at++
    } else if (character === '`') {
      at++
      skipTemplate()
    } else if (character === '/' && startsExpression(code, at)) {
      const from = at
      for (let inClass = false; ++at < text.length && text[at] !== '\n'; ) {
        if (text[at] === '\\') at++
        else if (text[at] === '[') inClass = true
        else if (text[at] === ']') inClass = false
        else if (text[at] === '/' && !inClass) break
      }
      wipe(from + 1, at)
      at++
    } else {
      if (character === '{') depth++
      else if (character === '}') {
        depth--
        if (templates.at(-1) === depth) {
          templates.pop()
          at++
          skipTemplate()
          continue
        }
      }
      at++
    }
  }
  return { code: code.join(''), strings }
}

/** True where a slash cannot be a division, so that it opens a regular expression. */
function startsExpression(code, at) {
  let before = at - 1
  while (before >= 0 && /\s/.test(code[before])) before--
  if (before < 0 || /[=([{,;:!&|?+\-*%~^<>]/.test(code[before])) return true
  return /\b(?:return|typeof|case|in|of|void|delete|throw|await|yield)$/.test(
    code.slice(Math.max(0, before - 9), before + 1).join(''),
  )
}

function isExcepted(file) {
  return SEAM_EXCEPTIONS.some(prefix => file.startsWith(prefix))
}

function lineAt(text, index) {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

function directoriesIn(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
}

function typeScriptFilesBelow(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap(entry => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return typeScriptFilesBelow(path)
    return /\.[cm]?tsx?$/.test(entry.name) ? [path] : []
  })
}
