import { pathOf } from './address.js';
import { formatCount, formatNumberOf } from './format.js';
import { type Loaded, mainPart, type PackageView, type SearchView, type UserView, type View } from './view.js';

export const SITE_NAME = 'Pkg Stats';

/** What search engines, shared links and the window's title say of a page. */
export interface PageHead {
  readonly title: string;
  readonly description: string;
  /** The address without its origin. */
  readonly path: string;
  /** Whether a search engine should keep it. Results of a search it makes itself. */
  readonly isIndexed: boolean;
}

const HOME = 'Find npm packages, and see how they do: the most popular, the newest, and some by chance, live.';

export function headOf(view: View): PageHead {
  const isIndexed = view.kind !== 'search' && mainPart(view).state === 'ready';
  return { ...wordsOf(view), path: pathOf(view), isIndexed };
}

interface Words {
  readonly title: string;
  readonly description: string;
}

function wordsOf(view: View): Words {
  switch (view.kind) {
    case 'home':
      return { title: `${SITE_NAME}: discover npm packages`, description: HOME };
    case 'search':
      return ofSearch(view);
    case 'package':
      return ofPackage(view);
    case 'user':
      return ofUser(view);
    case 'lost':
      return { title: titled('Page not found'), description: 'There is no such page here.' };
  }
}

function ofSearch({ text, number }: SearchView): Words {
  if (text === '')
    return { title: titled('Search'), description: 'Search npm packages by words, by name, or by user.' };
  const page = number === 1 ? '' : `, page ${number}`;
  return {
    title: titled(`Search for ${text}${page}`),
    description: shortened(`npm packages that match ${text}${page}.`),
  };
}

function ofPackage({ name, details }: PackageView): Words {
  if (isNotFound(details))
    return { title: titled(`No package ${name}`), description: `There is no npm package ${name}.` };
  if (details.state !== 'ready') return { title: titled(name), description: `The npm package ${name}.` };
  const { version, description, downloads } = details.value;
  const counted = downloads === null ? '' : ` ${formatCount(downloads)} downloads in the last week.`;
  const sentence = (description || `The npm package ${name}`).replace(/(?<![.!?])$/, '.');
  return { title: titled(`${name} ${version}`), description: shortened(sentence + counted) };
}

function ofUser({ name, user }: UserView): Words {
  if (isNotFound(user)) return { title: titled(`No user ${name}`), description: `There is no npm user ${name}.` };
  const packages = user.state === 'ready' ? formatNumberOf(user.value.packages.length, 'package') : 'Packages';
  return { title: titled(`@${name}`), description: `${packages} of the npm user ${name}, with their downloads.` };
}

const isNotFound = (part: Loaded<unknown>): boolean => part.state === 'failed' && part.failure === 'not-found';

const titled = (subject: string): string => `${shortened(subject, 90)} · ${SITE_NAME}`;

const shortened = (text: string, length = 200): string =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;
