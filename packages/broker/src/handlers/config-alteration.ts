/** What AlterConfigs and IncrementalAlterConfigs share: each resource succeeds or fails on its own, and only topics have settings to change. */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import { ConfigResource } from '../metadata/config-resource.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}
interface ResourceAnswer extends Resource {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** The broker's own settings are read at start only. `alter` throws {@link KafkaError}. */
export async function alterEach<R extends Resource>(
  resources: readonly R[],
  alter: (topic: R) => Promise<void>,
): Promise<{ responses: ResourceAnswer[] }> {
  const responses: ResourceAnswer[] = []
  for (const resource of resources) {
    const { resourceType, resourceName } = resource
    try {
      if (resourceType !== ConfigResource.topic)
        throw new KafkaError(
          ErrorCode.INVALID_REQUEST,
          `settings of resources of type ${resourceType} cannot be changed`,
        )
      await alter(resource)
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      responses.push({ errorCode: error.errorCode, errorMessage: error.message, resourceType, resourceName })
    }
  }
  return { responses }
}
