import { Server } from 'socket.io';
import { p2pServerPlugin } from 'socket.io-p2p-plugin/server';
import { connectOurs } from '../connect-clients.js';
import { PUBLISH_THERE, SERVICE_IDS, type ServiceContestant } from './service-contestant.js';

const API = 'echo';
const TOPIC = 'news';

/** This library. */
export const ours: ServiceContestant = {
  serve(httpServer) {
    // More calls are pending at once, where nobody answers them, than one client may have otherwise.
    const limits = { maxRequests: Number.POSITIVE_INFINITY };
    const io = p2pServerPlugin(new Server(httpServer), { isService: true, authenticate: false, limits });
    const service = io.asService(SERVICE_IDS.server);
    service.provideService(API, (argument) => argument);
    service.createTopic(TOPIC);
    io.on('connection', (socket) => {
      socket.on(PUBLISH_THERE, (value, times) => {
        for (let time = 0; time < times; time++) void service.publishTopic(TOPIC, value);
      });
    });
    return io;
  },

  async connect(options) {
    const { failed } = options;
    const socket = await connectOurs(options);
    return {
      call: (hosting, argument) => socket.callService(SERVICE_IDS[hosting], API, argument),

      async subscribe(hosting, listener) {
        const subscription = socket.subscribeTopic(SERVICE_IDS[hosting], TOPIC, listener);
        subscription.on('missed', (count) => failed(new Error(`${count} publications were left out`)));
        subscription.on('ended', (reason) => failed(reason ?? new Error('A subscription ended')));
        await subscription.ready;
      },
    };
  },

  async host(options) {
    const { failed } = options;
    const socket = await connectOurs({ ...options, clientId: SERVICE_IDS.client }, { isService: true });
    socket.provideService(API, (argument) => argument);
    socket.createTopic(TOPIC);
    return {
      publish(value, times) {
        for (let time = 0; time < times; time++) socket.publishTopic(TOPIC, value).catch(failed);
      },
      publishThere: (value, times) => socket.emit(PUBLISH_THERE, value, times),
    };
  },
};
