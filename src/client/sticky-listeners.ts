import type { RawSocket } from './raw-socket.js';

const REMOVERS = ['off', 'removeListener', 'removeAllListeners', 'removeEventListener'] as const;

/**
 * Listens on a socket, also after the application has removed "all" listeners: it means its own.
 */
export function stickyListeners(socket: RawSocket, listeners: Record<string, (...args: unknown[]) => unknown>): void {
  const entries = Object.entries(listeners);
  for (const [event, listener] of entries) socket.on(event, listener);
  for (const name of REMOVERS) {
    const remove = (socket as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.bind(socket);
    if (!remove) continue;
    const sticky = (...args: unknown[]) => {
      remove(...args);
      for (const [event, listener] of entries) {
        if (!socket.listeners(event).includes(listener)) socket.on(event, listener);
      }
      return socket;
    };
    Object.assign(socket, { [name]: sticky });
  }
}
