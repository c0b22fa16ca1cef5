#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { describeError } from './cli-error.js';
import { clients } from './clients.js';
import { listen } from './listen.js';
import { wholeNumber } from './option-values.js';
import { pipe } from './pipe.js';
import { receive } from './receive.js';
import { send } from './send.js';
import { sendFile } from './send-file.js';
import { serve } from './serve.js';

const DEFAULT_PORT = 9_000;

/** How long a connection may take to close after a failure, in ms. */
const CLOSING_TIME = 1_000;

function urlOption(): Option {
  return new Option('--url <url>', 'address of the relay').default(`http://localhost:${DEFAULT_PORT}`).env('P2P_URL');
}

function timeoutOption(): Option {
  return new Option('--timeout <ms>', 'longest wait for the relay or an answer')
    .default(10_000)
    .argParser(wholeNumber(1));
}

function createProgram(): Command {
  const program = new Command('p2p')
    .description('Socket.IO clients talk to each other by client id')
    .version(readVersion())
    .configureOutput({
      outputError: (text, write) => write(`p2p: ${text.replace(/^error: /, '').replace(/\n(?=.)/g, ' ')}`),
    });
  program
    .command('serve')
    .description('run a relay')
    .option('--port <number>', 'port to listen on, 0 for any that is free', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', 'localhost')
    .action(serve);
  program
    .command('listen')
    .description('be a client, print what arrives and acknowledge it')
    .requiredOption('--as <id>', 'client id to be known by')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(listen);
  program
    .command('send')
    .description('send an event to a client')
    .argument('<target>', 'client id of the receiver')
    .argument('<event>', 'name of the event')
    .argument('[json...]', 'arguments of the event, each as JSON')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--ack', 'wait for the answer and print it, one JSON value a line')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(send);
  program
    .command('clients')
    .description('list the connected clients')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(clients);
  addStreamCommands(program);
  return program;
}

function addStreamCommands(program: Command): void {
  program
    .command('pipe')
    .description('connect a stream to or from a client with stdin and stdout')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--to <id>', 'client id to open the stream to; without it, one is waited for')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(pipe);
  program
    .command('send-file')
    .description('send a file to a client, and learn that it has arrived')
    .argument('<path>', 'the file')
    .requiredOption('--as <id>', 'client id to be known by')
    .requiredOption('--to <id>', 'client id of the receiver')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(sendFile);
  program
    .command('receive')
    .description('receive files from clients, and print their names, sizes and checksums')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--dir <path>', 'folder to put them into', '.')
    .option('--force', 'replace files that are there already')
    .option('--once', 'end after one file')
    .addOption(urlOption())
    .addOption(timeoutOption())
    .action(receive);
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  console.error(`p2p: ${describeError(error)}`);
  process.exitCode = 1;
  // A connection is closed properly first, so that the id is free again; one that nobody answers is not waited for.
  setTimeout(() => process.exit(), CLOSING_TIME).unref();
}
