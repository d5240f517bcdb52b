import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realPlatform } from '@millrace/platform'
import type { TopicConfig } from '../../src/config/topic-config.ts'
import { LogManager, type RecoveryProgress } from '../../src/log/directory/log-manager.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { logConfig, topicConfig } from './log-fixture.ts'

export const real = realPlatform()

export const TOPIC_ID = 'b3JkZXJzb3JkZXJzb3JkZQ'

/** One partition, `orders-0`, on real files in a directory of its own. */
export class RealLog {
  readonly directory = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  logs!: LogManager
  log!: PartitionLog
  progress: RecoveryProgress | undefined

  private constructor(readonly config: TopicConfig) {}

  static async open(overrides: Partial<TopicConfig> = {}): Promise<RealLog> {
    const opened = new RealLog(topicConfig(overrides))
    await opened.open()
    return opened
  }

  async open(): Promise<void> {
    this.logs = await LogManager.open(real, logConfig({ 'log.dirs': this.directory }))
    const partition = { topic: 'orders', topicId: TOPIC_ID, partition: 0, config: this.config }
    await this.logs.openAll([partition], progress => {
      this.progress = progress
    })
    this.log = this.logs.get('orders', 0)!
  }
  /** Stops cleanly and opens again. */
  async reopen(): Promise<void> {
    await this.logs.close()
    await this.open()
  }
  /** Stops as `kill -9` would and opens again. */
  async crash(between: () => void = () => {}): Promise<void> {
    this.logs.halt()
    between()
    await this.open()
  }
  path(name: string): string {
    return join(this.directory, 'orders-0', name)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
