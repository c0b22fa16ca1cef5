import type { Feed } from '../contract.js';
import type { View } from '../pages/view.js';

/** Whether the feed has a later version than a package's page. */
export function isOutdated(view: View, { packages }: Feed): boolean {
  if (view.kind !== 'package' || view.details.state !== 'ready') return false;
  const { name, publishedAt } = view.details.value;
  const newest = packages.find((item) => item.name === name);
  return (newest?.publishedAt ?? 0) > (publishedAt ?? 0);
}
