/** The client against our broker, in this process, over the memory network. */
import { memoryNetwork, realPlatform } from '@millrace/platform'
import { brokerUnderTest } from './broker-under-test.ts'
import { clientBehaviour } from './client-behaviour.ts'

const real = realPlatform()
clientBehaviour(brokerUnderTest({ ...real, network: memoryNetwork(real.timers) }), true)
