import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { expectTypeOf, it } from 'vitest';
import type { P2PClientSocket } from '../src/client/p2p-client-plugin.js';
import { p2pClientPlugin } from '../src/client/p2p-client-plugin.js';
import type { P2PError } from '../src/protocol/p2p-error.js';
import type { PeerEvents } from '../src/protocol/typed-events.js';
import { p2pServerPlugin } from '../src/server/p2p-server-plugin.js';

// Checked by `npm run types`: the calls are never made.

interface FromServer {
  news: (headline: string) => void;
  ask: (question: string, ack: (answer: number) => void) => void;
}
interface ToServer {
  vote: (choice: 'yes' | 'no') => void;
}
interface Heard {
  chat: (text: string, at: Date) => void;
  sum: (a: number, b: number, ack: (sum: number, carry: boolean) => void) => void;
}
interface Sent {
  greet: (name: string) => void;
  sum: (a: number, b: number, ack: (sum: number, carry: boolean) => void) => void;
}

it('typed events: peers and the server each keep their own', () => {
  const raw: Socket<FromServer, ToServer> = io({ autoConnect: false });
  const socket = p2pClientPlugin(raw, 'alice', { events: {} as PeerEvents<Heard, Sent> });
  expectTypeOf(socket).toEqualTypeOf<P2PClientSocket<Socket<FromServer, ToServer>, Heard, Sent>>();
  const uncalled = () => {
    socket.on('news', (headline) => expectTypeOf(headline).toEqualTypeOf<string>());
    socket.emit('vote', 'yes');
    // @ts-expect-error the server knows no such choice
    socket.emit('vote', 'maybe');
    socket.on('SERVER_ERROR', (error) => expectTypeOf(error).toEqualTypeOf<P2PError>());
    socket.once('MULTI_API_TARGET_DISCONNECT', (clientId, reason) => {
      expectTypeOf(clientId).toEqualTypeOf<string>();
      expectTypeOf(reason).toEqualTypeOf<'PEER_GONE' | 'LINK_DOWN'>();
    });
    // @ts-expect-error a peers' event is no event of the server
    socket.on('chat', () => {});

    socket.onAny('chat', (sender, text, at) => {
      expectTypeOf(sender).toEqualTypeOf<string>();
      expectTypeOf(text).toEqualTypeOf<string>();
      expectTypeOf(at).toEqualTypeOf<Date>();
    });
    socket.onceAny('sum', (_sender, a, _b, ack) => {
      expectTypeOf(a).toEqualTypeOf<number>();
      ack(1, true);
    });
    socket.onAny((event: string, ...args: unknown[]) => [event, args]);
    socket.offAny((event: string, ...args: unknown[]) => [event, args]);
    socket.offAny();
    socket.offAny('chat');
    // @ts-expect-error no such event among peers
    socket.onAny('news', () => {});
    socket
      .from('bob')
      .on('chat', (text) => expectTypeOf(text).toEqualTypeOf<string>())
      .once('sum', (_a, b, ack) => {
        expectTypeOf(b).toEqualTypeOf<number>();
        // @ts-expect-error the carry is missing
        ack(1);
      });

    socket.emitTo('bob', 'greet', 'Alice');
    socket.emitTo('bob', 'sum', 1, 2, (sum, carry) => {
      expectTypeOf(sum).toEqualTypeOf<number>();
      expectTypeOf(carry).toEqualTypeOf<boolean>();
    });
    // @ts-expect-error a number is no name
    socket.emitTo('bob', 'greet', 5);
    // @ts-expect-error this event is heard, not sent
    socket.emitTo('bob', 'chat', 'x', new Date());
    expectTypeOf(socket.emitToWithAck('bob', 'sum', 1, 2)).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error an argument is missing
    void socket.emitToWithAck('bob', 'sum', 1);
    socket.emitRoom('lobby', 'greet', 'all');

    const view = socket.with({ timeout: 5 });
    view.emitTo('bob', 'sum', 1, 2, (error, sum) => {
      expectTypeOf(error).toEqualTypeOf<P2PError | null>();
      expectTypeOf(sum).toEqualTypeOf<number>();
    });
    void view.joinRoom('lobby', (error) => expectTypeOf(error).toEqualTypeOf<P2PError | null>());
    expectTypeOf(view.getClientList()).toEqualTypeOf<Promise<string[]>>();
    // @ts-expect-error times are numbers
    socket.with({ timeout: '5' });
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('typed events: without any, every event and argument is fine', () => {
  const socket = p2pClientPlugin(io({ autoConnect: false }), 'bob');
  const uncalled = async () => {
    socket.onAny('x', (sender: string, n: number, ack: (n: number) => void) => [sender, n, ack]);
    socket.from('a').on('x', (n: number) => n);
    socket.emitTo('a', 'x', 1, 'two', (answer: string) => answer);
    socket.on('anything', (value) => value);
    const answer: number = await socket.emitToWithAck('a', 'x', 1);
    return answer;
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('typed events: the server keeps its own, and addresses them by client id', () => {
  const server = p2pServerPlugin(new Server<ToServer, FromServer>());
  const untyped = p2pServerPlugin(new Server());
  const namespace = p2pServerPlugin(server.of('/x'));
  const uncalled = () => {
    server.emitTo('alice', 'news', 'headline');
    server.emit('news', 'headline');
    // @ts-expect-error a number is no headline
    server.emitTo('alice', 'news', 5);
    // @ts-expect-error no such event
    server.emitTo('alice', 'vote', 'yes');
    expectTypeOf(server.emitToWithAck('alice', 'ask', 'why?')).toEqualTypeOf<Promise<number>>();
    server.with({ timeout: 5 }).emitTo('alice', 'ask', 'why?', (error, answer) => {
      expectTypeOf(error).toEqualTypeOf<P2PError | null>();
      expectTypeOf(answer).toEqualTypeOf<number>();
    });
    server.on('connection', (socket) =>
      socket.on('vote', (choice) => expectTypeOf(choice).toEqualTypeOf<'yes' | 'no'>()),
    );
    server.on('SERVER_ERROR', (error) => expectTypeOf(error).toEqualTypeOf<P2PError>());
    namespace.emitTo('alice', 'news', 'headline');
    untyped.emitTo('alice', 'anything', 1, (answer: string) => answer);
    expectTypeOf(untyped.clientMap).toEqualTypeOf<Readonly<Record<string, string>>>();
  };
  expectTypeOf(uncalled).toBeFunction();
});
