import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/protocol/error-codes.js';
import { P2PError, readWireError } from '../../src/protocol/p2p-error.js';

describe('errors', () => {
  it('docs/errors.md has a heading for every code, and only for those, and says which are retryable', () => {
    const document = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const headings = [...document.matchAll(/^## (\w+)( \(retryable\))?$/gm)];
    expect(headings.map(([, code]) => code)).toEqual(ERROR_CODES);
    for (const [, code, retryable] of headings) {
      const error = new P2PError(code as (typeof ERROR_CODES)[number], 'x');
      expect([code, retryable !== undefined]).toEqual([code, error.retryable]);
    }
  });

  it('an error crosses the wire with its code, message and details, and without its cause', () => {
    const error = new P2PError('TIMEOUT', 'too late', { details: { timeout: 5 }, cause: new Error('secret') });
    const text = JSON.stringify(error);
    expect(JSON.parse(text)).toEqual({ code: 'TIMEOUT', message: 'too late', details: { timeout: 5 } });
    expect(readWireError(JSON.parse(text))).toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
      details: { timeout: 5 },
    });
  });

  it.each([undefined, null, 5, 'TIMEOUT', {}, { code: 'NO_SUCH', message: '' }, { code: 'toString', message: '' }])(
    'what is no error of ours, %j, is read as INTERNAL',
    (value) => {
      expect(readWireError(value).code).toBe('INTERNAL');
    },
  );
});
