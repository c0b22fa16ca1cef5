import { contestant } from '../relay/contestants.js';
import type { Payload } from '../relay/payloads.js';
import type { ConnectedWire, WireKind } from './wire.js';

/** Real clients in place of what they would write: shows that the load is like them, and what they cost. */
export function realClients(name: 'ours' | 'hand-written'): WireKind {
  return {
    connect: async ({ port, clientId, partner = '', failed }) => {
      const client = await contestant(name).connect({ port, clientId, failed });
      let payload: Payload;
      let count = 0;
      let listener: (count: number) => void = () => {};
      const tell = () => {
        const arrived = count;
        count = 0;
        listener(arrived);
      };
      client.receive(() => {
        if (++count === 1) queueMicrotask(tell);
      });
      const wire: ConnectedWire = {
        frames: { sent: Number.NaN, received: Number.NaN },
        load: (loaded) => {
          payload = loaded as Payload;
        },
        send: (messages) => {
          for (let sent = 0; sent < messages; sent++) client.send(partner, payload);
        },
        receive: (heard) => {
          listener = heard;
        },
      };
      return wire;
    },
  };
}
