/** Takes what begins at a place, if all of it is there. @returns where the next begins */
export type Take = (bytes: Buffer, at: number) => number | undefined;

/** Puts together again what the network has cut in pieces. */
export function inPieces(take: Take): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
    let at = 0;
    for (let next = take(bytes, at); next !== undefined; next = take(bytes, at)) at = next;
    rest = bytes.subarray(at);
  };
}
