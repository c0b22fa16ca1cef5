/** What a worker of `p2p serve` tells its primary process, beside what the packages of Socket.IO say. */
export type WorkerReport =
  | { readonly type: 'p2p:ready' }
  /** It cannot start. */
  | { readonly type: 'p2p:failed'; readonly reason: string }
  | { readonly type: 'p2p:redis-lost'; readonly reason: string }
  | { readonly type: 'p2p:redis-back' };

/** What the primary process tells it. */
export const CLOSE = { type: 'p2p:close' } as const;

/** Where a worker finds the address of Redis: one in its arguments could be seen in any list of processes. */
export const REDIS_VARIABLE = 'P2P_WORKER_REDIS';
