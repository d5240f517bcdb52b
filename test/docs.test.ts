import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname

/** Folders that a path may begin with: those of the repository, and packages, whose paths may leave `packages/` out. */
const FOLDERS = new Set([...foldersIn(ROOT), ...foldersIn(join(ROOT, 'packages'))])
const PAGES = ['README.md', ...pagesBelow('docs')]

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

test.each(PAGES)('every path that %s names exists', page => {
  const missing = pathsIn(page).filter(
    path => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, 'packages', path)),
  )
  expect(missing).toEqual([])
})

test('the pages name paths', () => {
  expect(PAGES).toContain('docs/architecture.md')
  expect(pathsIn('docs/architecture.md').length).toBeGreaterThan(50)
})
