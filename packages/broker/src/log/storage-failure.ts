/** A disk that failed, told once, with what the operator can do. */
export interface StorageFailure {
  /** `<topic>-<partition>`; null if a whole data directory cannot be used. */
  readonly partition: string | null
  /** Of the data directory, or of the partition's directory in it. */
  readonly path: string
  readonly reason: Error
}

export function storageFailureText({ partition, path, reason }: StorageFailure): string {
  if (partition === null)
    return `data directory ${path} cannot be used (${reason.message}), its partitions are offline; mend it and restart the broker`
  return `${partition} is offline (${reason.message}); check the disk of ${path}, then restart the broker`
}
