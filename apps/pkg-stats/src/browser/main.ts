import { README_ID } from '../pages/readme.js';
import type { View } from '../pages/view.js';
import { followLinks } from './follow-links.js';
import { Site } from './site.js';

const app = document.getElementById('app');
// Something in a README may have the same id, but it is no script.
const state = document.querySelector('script#state')?.textContent;
if (app && state) {
  followLinks(new Site(app, withReadme(JSON.parse(state))));
}

/** The README comes in the page alone. */
function withReadme(view: View): View {
  if (view.kind !== 'package' || view.readme.state !== 'ready') return view;
  const value = document.getElementById(README_ID)?.innerHTML ?? '';
  return { ...view, readme: { state: 'ready', value } };
}
