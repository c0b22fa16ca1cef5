export const url = process.env.P2P_URL ?? 'http://localhost:9000';

/**
 * @param {string} name
 * @param {string} password
 * @returns a token, which expires
 */
export async function login(name, password) {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const response = await fetch(new URL('/login', url), { method: 'POST', headers: { authorization } });
  if (!response.ok) throw new Error(`${name} cannot log in: ${response.status}`);
  return response.text();
}

/**
 * For `auth`: without a token the relay refuses the client, which can tell why; without an answer it would wait for ever.
 * @param {string} name
 * @param {string} password
 */
export function tokenOf(name, password) {
  return login(name, password).catch(() => undefined);
}
