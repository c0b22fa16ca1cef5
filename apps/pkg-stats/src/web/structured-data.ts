import { isUserName } from '../contract.js';
import { packagePath, userPath } from '../pages/address.js';
import { isoDate } from '../pages/format.js';
import { headOf, SITE_NAME } from '../pages/page-head.js';
import type { PackageView, UserView, View } from '../pages/view.js';

/** What search engines are told in their own words (schema.org). */
export function structuredData(view: View, origin: string): object | undefined {
  if (view.kind === 'home') return ofSite(origin);
  if (view.kind === 'package') return ofPackage(view, origin);
  if (view.kind === 'user') return ofUser(view, origin);
  return undefined;
}

function ofSite(origin: string): object {
  return {
    '@context': 'https://schema.org',
    '@type': 'WebSite',
    name: SITE_NAME,
    url: `${origin}/`,
    potentialAction: {
      '@type': 'SearchAction',
      target: { '@type': 'EntryPoint', urlTemplate: `${origin}/search?q={search_term_string}` },
      'query-input': 'required name=search_term_string',
    },
  };
}

function ofPackage({ name, details }: PackageView, origin: string): object | undefined {
  if (details.state !== 'ready') return undefined;
  const { version, description, keywords, license, publishedAt, maintainers, links } = details.value;
  return {
    '@context': 'https://schema.org',
    '@type': 'SoftwareSourceCode',
    name,
    version,
    url: origin + packagePath(name),
    ...(description !== '' && { description }),
    ...(keywords.length > 0 && { keywords: keywords.join(', ') }),
    ...(license !== null && { license }),
    dateModified: publishedAt === null ? undefined : isoDate(publishedAt),
    codeRepository: links.find(({ rel }) => rel === 'repository')?.url,
    programmingLanguage: 'JavaScript',
    maintainer: maintainers.map((user) => ({
      '@type': 'Person',
      name: user,
      ...(isUserName(user) && { url: origin + userPath(user) }),
    })),
  };
}

function ofUser(view: UserView, origin: string): object | undefined {
  if (view.user.state !== 'ready') return undefined;
  const { name, packages } = view.user.value;
  return {
    '@context': 'https://schema.org',
    '@type': 'ProfilePage',
    name: headOf(view).title,
    url: origin + userPath(name),
    mainEntity: { '@type': 'Person', name, identifier: name },
    hasPart: {
      '@type': 'ItemList',
      numberOfItems: packages.length,
      itemListElement: packages.slice(0, 100).map((item, index) => ({
        '@type': 'ListItem',
        position: index + 1,
        name: item.name,
        url: origin + packagePath(item.name),
      })),
    },
  };
}
