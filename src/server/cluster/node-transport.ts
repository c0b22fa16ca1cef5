/**
 * How messages get from one server of a cluster to the others. They may be lost, come twice, or in another order:
 * `NodeLink` makes up for it.
 */
export interface NodeTransport {
  /** Calls back for each message that may be for the server with this id; asked again, it has another id. */
  listen(id: string, receive: (bytes: Buffer) => void): void;
  /** To the one with this id, or to all others. */
  send(target: string, bytes: Buffer): void;
  /** Nothing is received any more. */
  close(): void;
}
