/** Longest address that is shown. */
const MAX_LENGTH = 2_000;

const HOSTS: Readonly<Record<string, string>> = {
  github: 'https://github.com/',
  gitlab: 'https://gitlab.com/',
  bitbucket: 'https://bitbucket.org/',
  gist: 'https://gist.github.com/',
};

/** The address of a page, where it is one for a browser; anything else is nothing. */
export function pageAddress(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !URL.canParse(text.trim())) return undefined;
  const url = new URL(text.trim());
  if (!/^https?:$/.test(url.protocol)) return undefined;
  // Nobody should see credentials, or send them by a click.
  url.username = '';
  url.password = '';
  return url.href;
}

/** The page of a repository, in whichever way package.json names it: `user/repo`, `git+ssh://git@…`, `github:user/repo`. */
export function repositoryPage(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const address = text.trim();
  const short = /^(?:(github|gitlab|bitbucket|gist):)?([\w.-]+(?:\/[\w.-]+)*)(?:#.*)?$/.exec(address);
  if (short?.[2] && (short[1] || /^[^/]+\/[^/]+$/.test(short[2]))) {
    return withoutGit(`${HOSTS[short[1] ?? 'github']}${short[2]}`);
  }
  const scp = /^(?:[\w.-]+@)([\w.-]+):([^/].*)$/.exec(address);
  if (scp) return withoutGit(`https://${scp[1]}/${scp[2]}`);
  return withoutGit(address.replace(/^(?:git\+)?(?:ssh|git|https):\/\/(?:[^/@]*@)?/, 'https://').replace(/^git\+/, ''));
}

function withoutGit(address: string): string | undefined {
  const page = pageAddress(address);
  if (page === undefined) return undefined;
  const url = new URL(page);
  url.hash = '';
  url.pathname = url.pathname.replace(/\.git\/?$/, '');
  return url.href.replace(/\/$/, '');
}
