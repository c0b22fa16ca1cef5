import type { Progress } from '../progress.js';
import { type Turn, type TurnsPlan, takeTurns } from '../turns.js';
import { TRAFFIC, type WireKindOfTraffic } from './plan.js';
import { type WireFigures, WireRig } from './wire-rig.js';
import type { AnyWireName } from './wires.js';

/** As fast as it goes. */
export type SaturatedSample<Name extends AnyWireName> = Turn<Name> & WireKindOfTraffic & WireFigures;

export interface WireTurnsOptions<Name extends AnyWireName> {
  readonly plan: TurnsPlan;
  readonly contestants: readonly Name[];
  readonly progress: Progress;
}

/** Contestants that have so many pairs connected. */
export function turnsOf<Name extends AnyWireName>(
  pairs: number,
  { plan, contestants, progress }: WireTurnsOptions<Name>,
) {
  return {
    plan,
    contestants,
    makeRig: (wire: Name, failed: (error: Error) => void) => new WireRig({ wire, pairs, idle: 0 }, failed),
    connect: (rig: WireRig<Name>) => rig.connect(),
    progress: (line: string) => progress(`${pairs} pairs: ${line}`),
  };
}

/** No clients are connected but those that talk: what needs many has rigs of its own. */
export async function saturate<Name extends AnyWireName>(
  kinds: readonly WireKindOfTraffic[],
  options: WireTurnsOptions<Name>,
): Promise<SaturatedSample<Name>[]> {
  const isMany = ({ traffic }: WireKindOfTraffic) => traffic === 'many pairs';
  const measure = (pairs: number, own: readonly WireKindOfTraffic[]) =>
    takeTurns({
      ...turnsOf(pairs, options),
      kinds: own,
      measure: (rig, { traffic, payload }, duration) => rig.measure({ payload, ...TRAFFIC[traffic], duration }),
    });
  const few = kinds.filter((kind) => !isMany(kind));
  return [
    ...(await measure(TRAFFIC.pipelined.pairs, few)),
    ...(await measure(TRAFFIC['many pairs'].pairs, kinds.filter(isMany))),
  ];
}
