import { CliError } from './cli-error.js';

/** Socket.IO is a peer dependency of which each user installs the side that is needed. */
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
