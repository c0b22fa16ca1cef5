import { Buffer } from 'node:buffer';
import { BINARY, maskedFrame, TEXT } from './websocket-bytes.js';

export interface RecordedEngine {
  write(data: string | Uint8Array): unknown;
  on(event: 'packetCreate', listener: () => void): unknown;
  off(event: 'packetCreate', listener: () => void): unknown;
}

/** What is used of a real client: where it hands a message to its connection. */
interface RecordedSocket {
  readonly io: { readonly engine: RecordedEngine };
  /** What goes before bytes that are a message. */
  readonly beforeBytes?: Buffer;
}

/** What a real client wrote: the websocket frames, one after the other, and how many they are. */
export interface Recording {
  readonly bytes: Buffer;
  readonly frames: number;
}

/** Has a real client do something, and keeps what it would write for that instead of writing it. */
export async function record({ io, beforeBytes }: RecordedSocket, action: () => unknown): Promise<Recording> {
  const { engine } = io;
  // Past its `write` this library hands frames on only where nobody looks at what is written.
  engine.on('packetCreate', look);
  const write = engine.write.bind(engine);
  const frames: Buffer[] = [];
  engine.write = (data) => {
    // A text is a message of engine.io: its type comes before it.
    const frame =
      typeof data === 'string'
        ? maskedFrame(TEXT, Buffer.from(`4${data}`))
        : maskedFrame(BINARY, beforeBytes ? Buffer.concat([beforeBytes, data]) : data);
    frames.push(frame);
  };
  try {
    await action();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    engine.write = write;
    engine.off('packetCreate', look);
  }
  return { bytes: Buffer.concat(frames), frames: frames.length };
}

function look(): void {}
