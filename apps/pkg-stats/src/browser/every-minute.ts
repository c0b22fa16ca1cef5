const MINUTE = 60_000;

/** While somebody can see the page; and at once when that is so again. */
export function everyMinute(tick: () => void): void {
  const tickWhereSeen = () => {
    if (document.visibilityState === 'visible') tick();
  };
  setInterval(tickWhereSeen, MINUTE);
  document.addEventListener('visibilitychange', tickWhereSeen);
}
