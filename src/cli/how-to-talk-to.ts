/** What `p2p serve` says when it is ready. */
export function howToTalkTo(url: string, workerPids: readonly number[] = []): string {
  return [
    `relay listening on ${url}`,
    ...(workerPids.length > 0 ? [`Workers: ${workerPids.join(', ')}`] : []),
    'Clients name themselves: for networks where you trust everyone.',
    '',
    'Talk to it from two other terminals:',
    `  npx p2p listen --as alice --url ${url}`,
    `  npx p2p send --as bob --url ${url} alice hello '"hi"' --ack`,
    '',
    'Stop it with Ctrl+C.',
  ].join('\n');
}
