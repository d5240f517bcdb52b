import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { LevelEngines } from '../../../src/state/engine/level-engine.ts'
import { stateEngineContract } from '../../contracts/state-engine-contract.ts'

const directories: string[] = []
afterAll(() => Promise.all(directories.map(each => rm(each, { recursive: true }))))

const engines = new LevelEngines()
stateEngineContract('LevelDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-level-'))
  directories.push(directory)
  return { engines, directory: join(directory, 'state') }
})
