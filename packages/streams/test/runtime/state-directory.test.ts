import { createCodecs, Simulation } from '@millrace/platform'
import { expect, test } from 'vitest'
import { StateDirectory } from '../../src/runtime/state-directory.ts'

const codecs = await createCodecs()

test('the process id stays, the lock keeps others out, tasks come and go', async () => {
  const simulation = new Simulation({ seed: 1, codecs })
  const { platform } = simulation.node('machine')
  await simulation.complete(
    (async () => {
      const first = await StateDirectory.open(platform, '/state', 'app')
      await expect(StateDirectory.open(platform, '/state', 'app')).rejects.toMatchObject({
        code: 'STATE_DIRECTORY_LOCKED',
        directory: '/state/app',
      })
      const other = await StateDirectory.open(platform, '/state', 'other')
      expect(other.processId).not.toBe(first.processId)
      expect(first.engineDirectory('0_0')).toBe('/state/app/0_0/state')
      first.engineDirectory('1_12')
      expect(first.taskIds()).toEqual(['0_0', '1_12'])
      first.removeTask('0_0')
      expect(first.taskIds()).toEqual(['1_12'])
      first.close()
      const second = await StateDirectory.open(platform, '/state', 'app')
      expect(second.processId).toBe(first.processId)
      second.close()
    })(),
  )
})
