import { peerGone } from '../peer/link.js';
import { Payload } from '../protocol/payload.js';
import { type Ask, Edge } from './edge.js';
import type { Session } from './session.js';
import { throwIf } from './usage.js';

/** Who waits for whom: so that a lost peer is told to those concerned, and to no one else. */
export class Interest {
  /** Sessions that watch a client id which no session holds. */
  readonly #absent = new Map<string, Set<Session>>();

  /** Whether somebody watches this id while nobody holds it. */
  isAwaited(clientId: string): boolean {
    return this.#absent.has(clientId);
  }

  /** Client ids that are watched while nobody holds them. */
  get absentCount(): number {
    return this.#absent.size;
  }

  /** @returns whether the id of the request was free @throws P2PError `LIMIT_EXCEEDED` */
  ask(asker: Session, target: Session, id: number, ask: Ask): boolean {
    throwIf(asker.usage.refusalOf('requests'));
    const isFree = edgeBetween(asker, target).open(asker, id, ask);
    if (isFree) asker.usage.add('requests');
    return isFree;
  }

  /** Ends an open request, by an answer or because the asker gave up. */
  settle(asker: Session, target: Session, id: number): Ask | undefined {
    const edge = asker.edges.get(target);
    const ask = edge?.close(asker, id);
    if (ask) asker.usage.remove('requests');
    if (edge?.idle) disconnect(asker, target);
    return ask;
  }

  pair(asker: Session, other: Session): void {
    const edge = edgeBetween(asker, other);
    if (edge.pairedBy) return;
    edge.pairedBy = asker;
    asker.usage.add('pairs');
  }

  /** A stream or a subscription joins the two. */
  tie(first: Session, second: Session): void {
    edgeBetween(first, second).ties++;
  }

  untie(first: Session, second: Session): void {
    const edge = first.edges.get(second);
    if (!edge) return;
    edge.ties--;
    if (edge.idle) disconnect(first, second);
  }

  /** @throws P2PError `LIMIT_EXCEEDED` */
  watch(watcher: Session, clientId: string, target: Session | undefined): void {
    const isWatched = target ? watcher.edges.get(target)?.isWatchedBy(watcher) : watcher.absentWatches.has(clientId);
    if (isWatched) return;
    throwIf(watcher.usage.refusalOf('watches'));
    watcher.usage.add('watches');
    if (target) return edgeBetween(watcher, target).watch(watcher, true);
    watcher.absentWatches.add(clientId);
    const watchers = this.#absent.get(clientId);
    if (watchers) watchers.add(watcher);
    else this.#absent.set(clientId, new Set([watcher]));
  }

  unwatch(watcher: Session, clientId: string, target: Session | undefined): void {
    if (watcher.absentWatches.has(clientId)) watcher.usage.remove('watches');
    this.#forgetAbsent(watcher, clientId);
    const edge = target && watcher.edges.get(target);
    if (!target || !edge?.isWatchedBy(watcher)) return;
    watcher.usage.remove('watches');
    edge.watch(watcher, false);
    if (edge.idle) disconnect(watcher, target);
  }

  /** Those who waited for this client id now watch its session. */
  began(session: Session): void {
    const watchers = this.#absent.get(session.clientId);
    if (!watchers) return;
    this.#absent.delete(session.clientId);
    for (const watcher of watchers) {
      watcher.absentWatches.delete(session.clientId);
      edgeBetween(watcher, session).watch(watcher, true);
    }
  }

  /** Exactly one `peer-gone` goes over each edge. `isShared`: another session answers under the same id. */
  ended(session: Session, isShared = false): void {
    for (const clientId of session.absentWatches) this.#forgetAbsent(session, clientId);
    for (const [other, edge] of session.edges) {
      disconnect(session, other);
      if (other === session) continue;
      release(other, edge);
      if (isShared) tellSessionGone(session, other, edge);
      else tellPeerGone(session, other, edge);
    }
  }

  #forgetAbsent(watcher: Session, clientId: string): void {
    watcher.absentWatches.delete(clientId);
    const watchers = this.#absent.get(clientId);
    if (watchers?.delete(watcher) && watchers.size === 0) this.#absent.delete(clientId);
  }
}

/** What it had of the session that is over counts no more. */
function release(other: Session, edge: Edge): void {
  other.usage.remove('requests', edge.openCount(other));
  if (edge.pairedBy === other) other.usage.remove('pairs');
  if (edge.isWatchedBy(other)) other.usage.remove('watches');
}

function tellPeerGone({ clientId: peer, epoch }: Session, other: Session, edge: Edge): void {
  let last = 0;
  for (const id of edge.openIds(other)) last = Math.max(last, id);
  other.deliver({ type: 'peer-gone', peer, epoch, id: last });
}

/** Under its id another session answers: what is open there, or belongs to the id, stays. */
function tellSessionGone({ clientId: peer, epoch }: Session, other: Session, edge: Edge): void {
  const error = peerGone(peer);
  for (const id of [...edge.openIds(other)]) {
    other.deliver({ type: 'reject', peer, epoch, id, payload: Payload.ofError(error) });
  }
  if (edge.pairedBy || edge.isWatchedBy(other)) other.deliver({ type: 'peer-gone', peer, epoch, id: 0 });
  else other.deliver({ type: 'session-gone', peer, epoch });
}

function edgeBetween(first: Session, second: Session): Edge {
  let edge = first.edges.get(second);
  if (!edge) {
    edge = new Edge(first);
    first.edges.set(second, edge);
    second.edges.set(first, edge);
  }
  return edge;
}

function disconnect(first: Session, second: Session): void {
  first.edges.delete(second);
  second.edges.delete(first);
}
