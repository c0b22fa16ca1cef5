#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { MAX_RETAINED } from '../protocol/limits.js';
import { call } from './call.js';
import { describeError } from './cli-error.js';
import { clients } from './clients.js';
import { exitSoon } from './exit-soon.js';
import { OutputClosedError } from './line-printer.js';
import { listen } from './listen.js';
import { notice } from './notice.js';
import { redisAddress, secretObject, wholeNumber } from './option-values.js';
import { pipe } from './pipe.js';
import { publish } from './publish.js';
import { receive } from './receive.js';
import { send } from './send.js';
import { sendFile } from './send-file.js';
import { serve } from './serve.js';
import { services } from './services.js';
import { subscribe } from './subscribe.js';

const DEFAULT_PORT = 9_000;

/** Of `p2p serve`: more than one for each core are of no use. */
const MAX_WORKERS = 64;

const SERVE_HELP = `
--workers needs @socket.io/sticky and @socket.io/cluster-adapter; --redis needs
redis and @socket.io/redis-streams-adapter. With both, @socket.io/cluster-adapter
is not needed.`;

const PUBLISH_HELP = `
A topic lives as long as its service: this one stays until Ctrl+C, also after
the last value, for those who subscribe late. They get the latest values first.
Subscribers are waited for, --timeout at most; one that takes longer has to
subscribe again.`;

/** The options of every command that connects as a client. */
function addConnectOptions(command: Command): void {
  const url = new Option('--url <url>', 'address of the relay').default(`http://localhost:${DEFAULT_PORT}`);
  const timeout = new Option('--timeout <ms>', 'longest wait for the relay or an answer').default(10_000);
  const auth = new Option('--auth <json>', 'object that tells the relay who this is, such as {"token":"..."}');
  command
    .addOption(url.env('P2P_URL'))
    .addOption(auth.env('P2P_AUTH').argParser(secretObject))
    .addOption(timeout.argParser(wholeNumber(1)));
}

function createProgram(): Command {
  const program = new Command('p2p')
    .description('Socket.IO clients talk to each other by client id')
    .version(readVersion())
    .configureOutput({
      outputError: (text, write) => write(`p2p: ${text.replace(/^error: /, '').replace(/\n(?=.)/g, ' ')}`),
    });
  addServeCommand(program);
  program
    .command('listen')
    .description('be a client, print what arrives and acknowledge it')
    .requiredOption('--as <id>', 'client id to be known by')
    .action(listen);
  program
    .command('send')
    .description('send an event to a client')
    .argument('<target>', 'client id of the receiver')
    .argument('<event>', 'name of the event')
    .argument('[json...]', 'arguments of the event, each as JSON')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--ack', 'wait for the answer and print it, one JSON value a line')
    .action(send);
  program
    .command('clients')
    .description('list the connected clients')
    .option('--as <id>', 'client id to be known by (default: one of its own)')
    .action(clients);
  addServiceCommands(program);
  addStreamCommands(program);
  for (const command of program.commands) if (command.name() !== 'serve') addConnectOptions(command);
  return program;
}

function addServeCommand(program: Command): void {
  const redis = new Option('--redis <url>', 'Redis by which relays of several machines are one, redis://host:6379');
  program
    .command('serve')
    .description('run a relay')
    .option('--port <number>', 'port to listen on, 0 for any that is free', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option('--host <address>', 'address to listen on', 'localhost')
    .option('--workers <number>', 'processes that share the work (default: this one)', wholeNumber(1, MAX_WORKERS))
    .addOption(redis.env('P2P_REDIS').argParser(redisAddress))
    .addHelpText('after', SERVE_HELP)
    .action(serve);
}

function addServiceCommands(program: Command): void {
  program
    .command('call')
    .description('call an API of a service, and print what it answers or yields, one JSON value a line')
    .argument('<service>', 'client id of the service')
    .argument('<api>', 'name of the API')
    .argument('[json...]', 'arguments of the call, each as JSON')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--items', 'send the values from stdin too, one JSON a line, as they come')
    .action(call);
  program
    .command('subscribe')
    .description('print what a service publishes on a topic, one JSON value a line')
    .argument('<service>', 'client id of the service')
    .argument('<topic>', 'name of the topic')
    .option('--as <id>', 'client id to be known by (default: one of its own)')
    .action(subscribe);
  addPublishCommand(program);
  program
    .command('services')
    .description('list the services, or what one of them offers')
    .argument('[name]', 'client id of a service')
    .option('--as <id>', 'client id to be known by (default: one of its own)')
    .option('--json', 'print JSON, in one line')
    .action(services);
}

function addPublishCommand(program: Command): void {
  program
    .command('publish')
    .description('be a service with one topic, and publish values from stdin, one JSON a line')
    .argument('<topic>', 'name of the topic')
    .argument('[json]', 'the one value to publish, as JSON, instead of stdin')
    .requiredOption('--as <id>', 'client id of the service')
    .option('--retain <number>', 'latest values kept for late subscribers', wholeNumber(0, MAX_RETAINED), 1)
    .option('--exit', 'end with stdin, when all subscribers have the last value')
    .addHelpText('after', PUBLISH_HELP)
    .action(publish);
}

function addStreamCommands(program: Command): void {
  program
    .command('pipe')
    .description('connect a stream to or from a client with stdin and stdout')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--to <id>', 'client id to open the stream to; without it, one is waited for')
    .action(pipe);
  program
    .command('send-file')
    .description('send a file to a client, and learn that it has arrived')
    .argument('<path>', 'the file')
    .requiredOption('--as <id>', 'client id to be known by')
    .requiredOption('--to <id>', 'client id of the receiver')
    .action(sendFile);
  program
    .command('receive')
    .description('receive files from clients, and print their names, sizes and checksums')
    .requiredOption('--as <id>', 'client id to be known by')
    .option('--dir <path>', 'folder to put them into', '.')
    .option('--force', 'replace files that are there already')
    .option('--once', 'end after one file')
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
  if (!(error instanceof OutputClosedError)) {
    notice(describeError(error));
    process.exitCode = 1;
  }
  // A connection is closed properly first, so that the id is free again; one that nobody answers is not waited for.
  exitSoon();
}
