import { systemClock } from '../async/clock.js';
import { type Connection, internalsOf } from './connection.js';

const probes = new WeakMap<Connection, Promise<boolean>>();

/**
 * Whether anybody is at the other end: it is pinged, and anything that comes within `timeout` ms says so. Who still has
 * to take what was written before is slow, and believed to be there; and so is a client whose protocol knows no such ping.
 */
export function isAlive(connection: Connection, timeout: number): Promise<boolean> {
  const probe = probes.get(connection) ?? ping(connection, timeout).finally(() => probes.delete(connection));
  probes.set(connection, probe);
  return probe;
}

function ping(connection: Connection, timeout: number): Promise<boolean> {
  const internals = internalsOf(connection);
  if (internals.readyState !== 'open') return Promise.resolve(false);
  if (internals.protocol !== 4) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      systemClock.clearTimer(timer);
      internals.off('packet', heard);
      internals.off('close', closed);
      resolve(alive);
    };
    const heard = () => settle(true);
    const closed = () => settle(false);
    const timer = systemClock.setTimer(() => settle(!internals.transport.writable), timeout);
    internals.on('packet', heard);
    internals.on('close', closed);
    internals.sendPacket('ping');
  });
}
