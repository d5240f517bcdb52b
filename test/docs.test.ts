import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname

const PACKAGES = foldersIn(join(ROOT, 'packages'))
const FOLDERS = new Set([...foldersIn(ROOT), ...PACKAGES])
const PAGES = [
  'README.md',
  ...pagesBelow('docs'),
  ...PACKAGES.map(name => `packages/${name}/README.md`).filter(page => existsSync(join(ROOT, page))),
]

function foldersIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
}

function pagesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap(entry => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return pagesBelow(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** Paths in backticks that begin with a folder of ours or end like a source file, and relative links. */
function pathsIn(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const named = [...text.matchAll(/`([\w@.-]+(?:\/[\w@.-]+)*\/?)`/g)]
    .map(match => match[1]!)
    .filter(path => path.includes('/'))
    .filter(path => FOLDERS.has(path.split('/')[0]!) || /\.(?:ts|mjs|json|md)$/.test(path))
  const linked = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(match => match[1]!)
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => join(dirname(page), target))
  return [...named, ...linked]
}

/** A page of a package speaks of that package; all others of the repository, and may leave `packages/` out. */
function exists(path: string, page: string): boolean {
  const home = dirname(page)
  const bases = home.startsWith('packages/') ? [home, `${home}/src`, '.'] : ['.', 'packages']
  return bases.some(base => existsSync(join(ROOT, base, path)))
}

test.each(PAGES)('every path that %s names exists', page => {
  expect(pathsIn(page).filter(path => !exists(path, page))).toEqual([])
})

test('the pages name paths', () => {
  expect(PAGES).toContain('docs/architecture.md')
  expect(pathsIn('docs/architecture.md').length).toBeGreaterThan(50)
})
