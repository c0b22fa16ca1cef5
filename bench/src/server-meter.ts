import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';

/** What the server has spent since it was told to start counting. */
export interface Usage {
  /** Of all its threads, user and system time, in µs. */
  readonly cpuMicros: number;
  /** Written to the network, in bytes. */
  readonly bytesSent: number;
  /** Read from the network, in bytes. */
  readonly bytesReceived: number;
}

interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** Reads what the process of a server spends. */
export class ServerMeter {
  readonly #connections = new Set<Socket>();
  /** Of connections that are no more. */
  #before: Traffic = { sent: 0, received: 0 };
  #cpuAtStart = process.cpuUsage();
  #trafficAtStart: Traffic = { sent: 0, received: 0 };

  constructor(httpServer: HttpServer) {
    httpServer.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#forget(socket));
    });
  }

  startCounting(): void {
    this.#trafficAtStart = this.#traffic();
    this.#cpuAtStart = process.cpuUsage();
  }

  usage(): Usage {
    // The CPU first, so that adding up the traffic is not part of it.
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    const { sent, received } = this.#traffic();
    return {
      cpuMicros: user + system,
      bytesSent: sent - this.#trafficAtStart.sent,
      bytesReceived: received - this.#trafficAtStart.received,
    };
  }

  #traffic(): Traffic {
    return [...this.#connections].reduce(add, this.#before);
  }

  #forget(socket: Socket): void {
    this.#connections.delete(socket);
    this.#before = add(this.#before, socket);
  }
}

function add({ sent, received }: Traffic, { bytesWritten, bytesRead }: Socket): Traffic {
  return { sent: sent + bytesWritten, received: received + bytesRead };
}
