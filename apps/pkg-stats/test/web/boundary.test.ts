import { h } from 'preact';
import { expect, it, vi } from 'vitest';
import { emptyView } from '../../src/pages/view.js';
import { renderDocument } from '../../src/web/document.js';
import { packageOf } from '../support/shelf-worker.js';

vi.mock('../../src/pages/version-list.js', () => ({
  VersionList: () => h('ul', null, h(Broken, null)),
}));

function Broken(): never {
  throw new Error('malformed');
}

it('a part that cannot be shown says so, and the rest of the page is there', () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const view = {
    ...emptyView({ kind: 'package', name: 'left-pad' }, Date.now()),
    details: { state: 'ready', value: packageOf('left-pad', { license: 'Anything' }) },
  } as Parameters<typeof renderDocument>[0];
  const assets = { script: '/x.js', preloads: [], style: '/x.css' };
  const html = renderDocument(view, { origin: 'http://localhost', assets });
  expect(html).toContain('Something is wrong here: the list of versions cannot be shown.');
  expect(html).toContain('What left-pad does');
  expect(html).toContain('Anything');
  expect(html).toContain('Loading the readme');
  expect(html).toContain('<footer');
  expect(said).toHaveBeenCalledWith(expect.objectContaining({ message: 'malformed' }));
});
