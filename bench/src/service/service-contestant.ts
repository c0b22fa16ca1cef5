import type { Server as HttpServer } from 'node:http';
import type { Server } from 'socket.io';
import type { ConnectOptions } from '../connect-clients.js';
import type { Payload } from '../relay/payloads.js';

/** Who hosts the service: a client, or the server itself. */
export type Hosting = 'client' | 'server';

/** Client ids of the services, by who hosts them. Both answer a call with its argument, and have a topic. */
export const SERVICE_IDS: Readonly<Record<Hosting, string>> = { client: 'client-service', server: 'server-service' };

/** One connected client, whichever way it calls and subscribes. */
export interface ServiceClient {
  /** Settles with what the service answers. */
  call(hosting: Hosting, argument: Payload): Promise<unknown>;
  /** Settles when publications come. */
  subscribe(hosting: Hosting, listener: (value: unknown) => void): Promise<void>;
}

/** The client that hosts a service. */
export interface HostClient {
  /** Publishes on the topic of its own service, so many times in a row. */
  publish(value: Payload, times: number): void;
  /** Has the server do so on its topic. */
  publishThere(value: Payload, times: number): void;
}

/** Both halves of services that call and publish. */
export interface ServiceContestant {
  /** With the server's own service. */
  serve(httpServer: HttpServer): Server;
  /** Settles when the client can call. */
  connect(options: ConnectOptions): Promise<ServiceClient>;
  /** Settles when the service of the client can be called. */
  host(options: Omit<ConnectOptions, 'clientId'>): Promise<HostClient>;
}

/** By this event a client of either contestant has the server publish: value, times. */
export const PUBLISH_THERE = 'publish-there';
