/** The client against our broker over TCP. */
import { realPlatform } from '@millrace/platform'
import { brokerUnderTest } from './broker-under-test.ts'
import { clientBehaviour } from './client-behaviour.ts'

clientBehaviour(brokerUnderTest(realPlatform()), true)
