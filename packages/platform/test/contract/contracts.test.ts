import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesContract } from './files.contract.ts'
import { MEMORY, REAL, SIMULATED } from './form.ts'
import { networkContract } from './network.contract.ts'
import { randomContract } from './random.contract.ts'
import { timeContract } from './time.contract.ts'

for (const form of [REAL, SIMULATED]) {
  timeContract(form)
  randomContract(form)
}
for (const form of [REAL, MEMORY, SIMULATED]) networkContract(form)

filesContract(REAL, () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-files-'))
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
})
filesContract(SIMULATED, world => {
  world.platform.files.makeDirectory('/test')
  return { root: '/test', remove: () => {} }
})
