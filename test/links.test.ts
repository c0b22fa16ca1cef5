import { SocketIoLink } from '../src/client/socket-io-link.js';
import { readFromClient } from '../src/protocol/envelope.js';
import { FrameReader, readPacket } from '../src/protocol/frame-reader.js';
import type { ClientPacket } from '../src/protocol/packet.js';
import { EventWriter } from '../src/server/event-writer.js';
import { FrameBuilder } from '../src/server/frame-builder.js';
import { InProcessLink } from '../src/server/in-process-link.js';
import { Lane } from '../src/server/lane.js';
import { LanePort } from '../src/server/lane-port.js';
import { PluginPort } from '../src/server/plugin-port.js';
import { describeLink } from './support/link-compliance.js';
import { MemoryLink } from './support/memory-link.js';
import { startRelay } from './support/relay.js';

describeLink('in memory', async () => {
  const link = new MemoryLink();
  return {
    link,
    connect: () => link.up(),
    send: (packet) => link.state === 'up' && link.deliver(packet),
    arrived: link.sent as ClientPacket[],
    lose: () => link.down(),
  };
});

describeLink('in the server', async () => {
  const arrived: ClientPacket[] = [];
  const link = new InProcessLink((packet) => arrived.push(packet));
  return { link, connect: () => {}, send: (packet) => link.receive(packet), arrived, lose: () => link.close() };
});

describeLink('over Socket.IO', async () => {
  const { server, rawSocket } = await startRelay();
  const arrived: ClientPacket[] = [];
  const socket = rawSocket({ autoConnect: false, reconnection: false });
  const link = new SocketIoLink({ socket, clientId: 'tested', frames: false, failed: () => {} });
  server.on('connection', (connected) => {
    connected.on('P2P', (data: unknown, header: unknown) => arrived.push(readFromClient(data, header)));
  });
  const remote = () => server.getSocketByClientId('tested');
  return {
    link,
    connect: () => socket.connect(),
    send: (packet) => {
      const connected = remote();
      if (connected) new PluginPort(connected, new EventWriter(server.of('/'))).deliver(packet);
    },
    arrived,
    lose: () => remote()?.conn.close(),
  };
});

describeLink('over Socket.IO, in frames', async () => {
  const { server, rawSocket } = await startRelay();
  const arrived: ClientPacket[] = [];
  const socket = rawSocket({ autoConnect: false, reconnection: false });
  const link = new SocketIoLink({ socket, clientId: 'tested', frames: true, failed: () => {} });
  const reader = new FrameReader();
  const visitor = {
    packet: (...record: Parameters<typeof readPacket>) => void arrived.push(readPacket(...record) as ClientPacket),
    invalid: (error: Error) => {
      throw error;
    },
  };
  let port: LanePort | undefined;
  server.on('connection', (connected) => {
    connected.conn.on('data', (data: unknown) => data instanceof Uint8Array && reader.read(data, visitor));
    const builder = new FrameBuilder();
    const envelopes = new PluginPort(connected, new EventWriter(server.of('/')));
    port = new LanePort({ lane: new Lane(1, connected, builder), builder, envelopes, tap: { closeLane: () => {} } });
  });
  return {
    link,
    connect: () => socket.connect(),
    send: (packet) => port?.deliver(packet),
    arrived,
    lose: () => server.getSocketByClientId('tested')?.conn.close(),
  };
});
