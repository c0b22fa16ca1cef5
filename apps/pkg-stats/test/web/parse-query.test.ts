import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../src/pages/parse-query.js';

describe('parseQuery', () => {
  it.each(['pkg:react', 'PKG:react', '  pkg: react  ', 'pkg:\treact'])('PS-1 takes %j for a package', (written) => {
    expect(parseQuery(written)).toEqual({ kind: 'package', name: 'react' });
  });

  it.each(['pkg:@scope/name', '@scope/name'])('PS-1 takes %j for a package with a scope', (written) => {
    expect(parseQuery(written)).toEqual({ kind: 'package', name: '@scope/name' });
  });

  it.each(['@ann', ' @ann ', '@ ann'])('PS-1 takes %j for a user', (written) => {
    expect(parseQuery(written)).toEqual({ kind: 'user', name: 'ann' });
  });

  it('PS-1 takes anything else for words to search for', () => {
    expect(parseQuery('  http   client ')).toEqual({ kind: 'text', text: 'http client' });
    expect(parseQuery('a pkg:b')).toEqual({ kind: 'text', text: 'a pkg:b' });
    expect(parseQuery('ann@example.com')).toEqual({ kind: 'text', text: 'ann@example.com' });
  });

  it.each(['pkg:', 'pkg:no name', 'pkg:<script>', 'pkg:../etc', '@', '@ann and bob', '@<b>', '@a/b/c'])(
    'searches for %j, which names nothing',
    (written) => {
      expect(parseQuery(written)).toEqual({ kind: 'text', text: written });
    },
  );

  it.each(['', '   ', '\n'])('takes %j for nothing', (written) => {
    expect(parseQuery(written)).toEqual({ kind: 'nothing' });
  });

  it('searches for no more than the contract lets it', () => {
    const long = 'x'.repeat(300);
    expect(parseQuery(long)).toEqual({ kind: 'text', text: 'x'.repeat(200) });
    expect(parseQuery(`pkg:${'x'.repeat(214)}`)).toEqual({ kind: 'package', name: 'x'.repeat(214) });
    expect(parseQuery(`pkg:${'x'.repeat(215)}`).kind).toBe('text');
  });
});
