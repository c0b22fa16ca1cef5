import { CliError } from './cli-error.js';

/** Peer dependencies, of which each user installs what is needed: a side of Socket.IO, and what joins servers. */
async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CliError(`this command needs ${name}: npm install ${name}`);
  }
}

export const loadSocketIo = () => load('socket.io', () => import('socket.io'));

export const loadSocketIoClient = () => load('socket.io-client', () => import('socket.io-client'));

export const loadClusterAdapter = () => load('@socket.io/cluster-adapter', () => import('@socket.io/cluster-adapter'));

export const loadSticky = () => load('@socket.io/sticky', () => import('@socket.io/sticky'));

export const loadRedis = () => load('redis', () => import('redis'));

export const loadStreamsAdapter = () =>
  load('@socket.io/redis-streams-adapter', () => import('@socket.io/redis-streams-adapter'));
