import { TRANSACTION_RECORDS } from '@millrace/protocol'
import type { BrokerConfig } from '../../config/broker-config.ts'
import { CoordinatorLog, type CoordinatorLogPlatform } from '../../coordinator/coordinator-log.ts'
import type { Topics } from '../../topics/topics.ts'
import { transactionsTopic } from './transactions-topic.ts'

/** `__transaction_state` as the transaction coordinator uses it. */
export class TransactionLog extends CoordinatorLog<typeof TRANSACTION_RECORDS> {
  constructor(topics: Topics, config: BrokerConfig, platform: CoordinatorLogPlatform) {
    const options = {
      recordTypes: TRANSACTION_RECORDS,
      topic: transactionsTopic(config),
      loadBufferBytes: config['transaction.state.log.load.buffer.size'],
    }
    super(topics, options, platform)
  }
}
