import { FileError, type Files } from '@millrace/platform'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Form, World } from './form.ts'

/**
 * What every Files promises while nothing crashes.
 * @param makeRoot makes an empty directory for one test and says how to remove it
 */
export function filesContract(form: Form, makeRoot: (world: World) => { root: string; remove: () => void }): void {
  describe(`${form.name} files`, () => {
    let world: World
    let files: Files
    let root: string
    let remove: () => void
    beforeEach(async () => {
      world = await form.open()
      files = world.platform.files
      ;({ root, remove } = makeRoot(world))
    })
    afterEach(() => remove())
    const at = (name: string) => `${root}/${name}`
    const create = (name: string, content = '') => {
      const file = files.open(at(name), 'create')
      file.write(Buffer.from(content), 0)
      file.close()
    }
    const codeOf = (action: () => unknown): string => {
      try {
        action()
      } catch (error) {
        if (error instanceof FileError) return error.code
        throw error
      }
      return 'none'
    }

    test('bytes are read where they were written; a gap is zeros', () => {
      const file = files.open(at('a'), 'create')
      file.write(Buffer.from('tail'), 6)
      file.write(Buffer.from('head'), 0)
      expect(file.size).toBe(10)
      expect(files.read(at('a'))).toEqual(Buffer.from('head\0\0tail'))
      const target = Buffer.alloc(8, '.')
      expect(file.read(target, 2, 4, 6)).toBe(4)
      expect(target.toString()).toBe('..tail..')
      file.close()
    })

    test('a read at the end gives what there is, then nothing', () => {
      create('a', 'abc')
      const file = files.open(at('a'), 'read')
      const target = Buffer.alloc(10)
      expect([1, 3, 99].map(position => file.read(target, 0, 10, position))).toEqual([2, 0, 0])
      file.close()
    })

    test('readAsync reads as read does', () =>
      world.run(async () => {
        create('a', 'abcdef')
        const file = files.open(at('a'), 'read')
        const target = Buffer.alloc(6)
        expect(await file.readAsync(target, 1, 5, 2)).toBe(4)
        expect(target.toString()).toBe('\0cdef\0')
        expect(await file.readAsync(target, 0, 5, 6)).toBe(0)
        file.close()
      }))

    test('writeAll writes its chunks one after the other', () => {
      const file = files.open(at('a'), 'create')
      const chunks = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index};`))
      file.writeAll(chunks, 0)
      file.writeAll([], 0)
      expect(files.read(at('a'))).toEqual(Buffer.concat(chunks))
      expect(file.size).toBe(Buffer.concat(chunks).length)
      file.close()
    })

    test('writing over does not change the length; truncate shortens and lengthens', () => {
      const file = files.open(at('a'), 'write')
      file.write(Buffer.from('abcdef'), 0)
      file.write(Buffer.from('XY'), 1)
      expect(file.size).toBe(6)
      file.truncate(3)
      expect([file.size, files.read(at('a')).toString()]).toEqual([3, 'aXY'])
      file.truncate(5)
      expect(files.read(at('a')).toString()).toBe('aXY\0\0')
      file.close()
    })

    test('what the caller does with its buffer after a write is its own business', () => {
      const file = files.open(at('a'), 'create')
      const bytes = Buffer.from('abc')
      file.write(bytes, 0)
      bytes.fill('x')
      expect(files.read(at('a')).toString()).toBe('abc')
      file.close()
    })

    test('modes: read needs the file, create must not find it, write takes both', () => {
      expect(codeOf(() => files.open(at('a'), 'read'))).toBe('ENOENT')
      files.open(at('a'), 'write').close()
      expect(codeOf(() => files.open(at('a'), 'create'))).toBe('EEXIST')
      create('b', 'kept')
      files.open(at('b'), 'write').close()
      expect(files.read(at('b')).toString()).toBe('kept')
      expect(codeOf(() => files.open(at('no/such'), 'write'))).toBe('ENOENT')
      const readOnly = files.open(at('b'), 'read')
      expect(codeOf(() => readOnly.write(Buffer.from('x'), 0))).toBe('EBADF')
      readOnly.close()
    })

    test('a closed file refuses, whatever is asked; closing again is fine', () =>
      world.run(async () => {
        const file = files.open(at('a'), 'create')
        file.close()
        file.close()
        const target = Buffer.alloc(1)
        expect([
          codeOf(() => file.read(target, 0, 1, 0)),
          codeOf(() => file.write(target, 0)),
          codeOf(() => file.writeAll([target], 0)),
          codeOf(() => file.truncate(0)),
          codeOf(() => file.syncNow()),
        ]).toEqual(Array(5).fill('EBADF'))
        await expect(file.sync()).rejects.toMatchObject({ code: 'EBADF' })
        await expect(file.readAsync(target, 0, 1, 0)).rejects.toMatchObject({ code: 'EBADF' })
      }))

    test('syncs and reads in flight complete although the file is closed', () =>
      world.run(async () => {
        const file = files.open(at('a'), 'create')
        file.write(Buffer.from('abc'), 0)
        const target = Buffer.alloc(3)
        const inFlight = Promise.all([file.sync(), file.sync(), file.readAsync(target, 0, 3, 0)])
        file.close()
        create('b', 'xyz') // Would get the same descriptor if it were free.
        await inFlight
        expect(target.toString()).toBe('abc')
      }))

    test('sync, syncNow and syncDirectory succeed', () =>
      world.run(async () => {
        const file = files.open(at('a'), 'create')
        file.write(Buffer.from('abc'), 0)
        await file.sync()
        file.syncNow()
        file.close()
        await files.syncDirectory(root)
        await expect(files.syncDirectory(at('missing'))).rejects.toMatchObject({ code: 'ENOENT' })
      }))

    test('list is sorted by code unit and does not descend', () => {
      for (const name of ['b', 'a', 'B', 'é', '10', '9']) create(name)
      files.makeDirectory(at('dir/sub'))
      expect(files.list(root)).toEqual(['10', '9', 'B', 'a', 'b', 'dir', 'é'])
      expect(files.list(at('dir'))).toEqual(['sub'])
      expect(codeOf(() => files.list(at('missing')))).toBe('ENOENT')
      expect(codeOf(() => files.list(at('a')))).toBe('ENOTDIR')
    })

    test('stat and exists', () => {
      create('a', 'abc')
      files.makeDirectory(at('dir'))
      expect(files.stat(at('a'))).toMatchObject({ size: 3, isDirectory: false })
      expect(files.stat(at('dir')).isDirectory).toBe(true)
      expect(Number.isInteger(files.stat(at('a')).modifiedMs)).toBe(true)
      expect(codeOf(() => files.stat(at('missing')))).toBe('ENOENT')
      expect(['a', 'dir', 'missing'].map(name => files.exists(at(name)))).toEqual([true, true, false])
    })

    test('makeDirectory makes parents and accepts an existing directory, not a file', () => {
      files.makeDirectory(at('x/y/z'))
      files.makeDirectory(at('x/y'))
      create('file')
      expect(files.exists(at('x/y/z'))).toBe(true)
      expect(codeOf(() => files.makeDirectory(at('file')))).toBe('EEXIST')
    })

    test('rename replaces a file, moves a directory, keeps open files, and stays in its directory', () => {
      create('a', 'new')
      create('b', 'old')
      const open = files.open(at('a'), 'write')
      files.rename(at('a'), at('b'))
      open.write(Buffer.from('N'), 0)
      open.close()
      expect(files.list(root)).toEqual(['b'])
      expect(files.read(at('b')).toString()).toBe('New')
      files.makeDirectory(at('dir'))
      create('dir/inner')
      files.rename(at('dir'), at('moved'))
      expect(files.exists(at('moved/inner'))).toBe(true)
      expect(codeOf(() => files.rename(at('missing'), at('c')))).toBe('ENOENT')
      expect(codeOf(() => files.rename(at('b'), at('moved/b')))).toBe('EXDEV')
      expect(codeOf(() => files.rename(at('b'), at('moved')))).toBe('EISDIR')
    })

    test('remove takes one file, removeTree everything below or nothing', () => {
      create('a')
      files.makeDirectory(at('dir/sub'))
      create('dir/sub/file')
      files.remove(at('a'))
      expect(codeOf(() => files.remove(at('a')))).toBe('ENOENT')
      files.removeTree(at('dir'))
      files.removeTree(at('dir'))
      expect(files.list(root)).toEqual([])
    })

    test('a removed file stays readable where it is open', () => {
      create('a', 'abc')
      const file = files.open(at('a'), 'read')
      files.remove(at('a'))
      expect(file.read(Buffer.alloc(3), 0, 3, 0)).toBe(3)
      file.close()
    })

    test('replace makes or replaces the whole content, in the order of the calls', () =>
      world.run(async () => {
        await files.replace(at('a'), Buffer.from('a long first content'))
        await Promise.all(['second', 'third', 'x'].map(content => files.replace(at('a'), Buffer.from(content))))
        expect(files.read(at('a')).toString()).toBe('x')
        expect(files.list(root)).toEqual(['a'])
      }))

    test('a replacement that fails says so and does not hold up the next', () =>
      world.run(async () => {
        files.makeDirectory(at('a'))
        create('a/in-the-way')
        const failed = files.replace(at('a'), Buffer.from('1'))
        const next = files.replace(at('a'), Buffer.from('2'))
        await expect(failed).rejects.toBeInstanceOf(FileError)
        await expect(next).rejects.toBeInstanceOf(FileError)
        files.removeTree(at('a'))
        await files.replace(at('a'), Buffer.from('3'))
        expect(files.read(at('a')).toString()).toBe('3')
      }))

    test('a lock excludes others until it is released', () => {
      const lock = files.lock(at('.lock'))
      expect(codeOf(() => files.lock(at('.lock')))).toBe('ELOCKED')
      lock.release()
      lock.release()
      files.lock(at('.lock')).release()
      expect(codeOf(() => files.lock(at('missing/.lock')))).toBe('ENOENT')
    })

    test('freeBytes is a number of bytes, not above capacityBytes', () => {
      expect(files.freeBytes(root)).toBeGreaterThan(0)
      expect(files.capacityBytes(root)).toBeGreaterThanOrEqual(files.freeBytes(root))
    })
  })
}
