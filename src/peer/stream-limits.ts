/** What one side of a stream has to say about what it takes. */
export interface StreamLimits {
  /** Most credit to grant, in bytes. */
  readonly maxWindow: number;
  /** Largest object to take, in encoded bytes. */
  readonly maxObjectSize: number;
}
