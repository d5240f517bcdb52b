import { applicationBehaviour } from './application-behaviour.ts'
import { TestCluster } from './test-cluster.ts'

applicationBehaviour(() => TestCluster.start())
