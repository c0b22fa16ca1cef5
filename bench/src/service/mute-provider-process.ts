import { giveUp, serveCommands } from '../commands.js';
import { connectOurs } from '../connect-clients.js';
import { type Memory, settledMemory } from '../memory.js';
import { MUTE_API, MUTE_SERVICE } from './mute-service.js';

export interface MuteProviderCommands {
  connect(port: number): Promise<void>;
  /** What stays after garbage collections. */
  memory(): Promise<Memory>;
}

serveCommands<MuteProviderCommands>({
  async connect(port) {
    const socket = await connectOurs({ port, clientId: MUTE_SERVICE, failed: giveUp }, { isService: true });
    socket.provideService(MUTE_API, () => new Promise<never>(() => {}));
  },

  memory: settledMemory,
});
