import type { ApiDescription, ServiceDescription, TopicDescription } from '../peer/service-description.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { escapeControls, formatJson, formatName } from './format-json.js';
import { linePrinter } from './line-printer.js';
import { temporaryId } from './temporary-id.js';

export interface ServicesOptions extends ConnectOptions {
  readonly as?: string;
  readonly json?: true;
}

/** `p2p services`: all services, one a line; or what one of them offers, one API or topic a line. */
export async function services(
  service: string | undefined,
  { as = temporaryId('services'), json, ...options }: ServicesOptions,
): Promise<void> {
  const socket = await connectClient(as, options);
  try {
    const print = linePrinter();
    const found =
      service === undefined ? (await socket.getServiceList()).sort() : await socket.describeService(service);
    for (const line of json ? [formatJson(found)] : linesOf(found)) await print(line);
  } finally {
    socket.disconnect();
  }
}

function linesOf(found: readonly string[] | ServiceDescription): readonly string[] {
  if ('service' in found) return [...found.apis.map(apiLine), ...found.topics.map(topicLine)].map(escapeControls);
  return found.map(formatName);
}

function apiLine({ name, calls, active, errors, meanTime }: ApiDescription): string {
  return `api ${formatName(name)}: calls ${calls}, active ${active}, errors ${errors}, mean time ${meanTime.toFixed(1)} ms`;
}

function topicLine({ name, subscribers, publications, retained }: TopicDescription): string {
  return `topic ${formatName(name)}: subscribers ${subscribers}, publications ${publications}, retained ${retained}`;
}
