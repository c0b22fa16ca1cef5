import type { PackageDetails, PackageSummary } from '../contract.js';
import {
  cleaned,
  cleanedMarkdown,
  countOf,
  cut,
  entriesOf,
  isRecord,
  listOf,
  own,
  textOf,
  textsOf,
  timeOf,
  userOf,
} from './json-reader.js';
import { SourceError } from './source-errors.js';
import { pageAddress, repositoryPage } from './web-address.js';

/** What we keep of a package: a packument has a hundred times as much. */
export interface PackageRecord {
  readonly details: Omit<PackageDetails, 'freshness' | 'downloads' | 'downloadsFreshness'>;
  /** Markdown. */
  readonly readme: string;
  /** Where the tarball is, as the registry says. */
  readonly tarball: string | null;
  /** Where relative links of the README lead. */
  readonly repository: { readonly page: string; readonly directory: string } | null;
}

/** Longest README that is kept, in UTF-16 code units: what is cut off beyond is told in the page. */
export const MAX_README = 524_288;

const MAX_VERSIONS = 100;
const MAX_DEPENDENCIES = 500;
const MAX_TAGS = 20;

/**
 * Reads a packument, which whoever publishes may fill with anything.
 * @returns nothing where all versions were taken out
 * @throws SourceError where it is none of a package of that name: that says nothing about the package
 */
export function readPackument(json: unknown, name: string): PackageRecord | undefined {
  if (own(json, 'name') !== name) throw new SourceError('failing', `This is no packument of ${name}`);
  if (isEmptied(json)) return undefined;
  const versions = entriesOf(own(json, 'versions')).filter(([, manifest]) => isRecord(manifest));
  const times = own(json, 'time');
  const newestFirst = versions
    .reverse()
    .sort(([a], [b]) => (timeOf(own(times, b)) ?? 0) - (timeOf(own(times, a)) ?? 0));
  const wanted = own(own(json, 'dist-tags'), 'latest');
  const latest = newestFirst.find(([version]) => version === wanted) ?? newestFirst[0];
  if (!latest) throw new SourceError('failing', `The packument of ${name} has no versions that can be read`);
  const [version, manifest] = latest;
  const repository = own(manifest, 'repository') ?? own(json, 'repository');
  const page = repositoryPage(own(repository, 'url') ?? repository);
  const directory = textOf(own(repository, 'directory'), 500) ?? '';
  return {
    details: {
      ...readSummary(json, manifest, { name, version }),
      license: readLicense(manifest),
      deprecated: readDeprecation(manifest),
      links: readLinks(manifest, page),
      dependencies: readDependencies(manifest),
      versions: readVersions(newestFirst, json),
      versionCount: versions.length,
      unpackedSize: countOf(own(own(manifest, 'dist'), 'unpackedSize')),
    },
    readme: readReadme(json, manifest),
    tarball: textOf(own(own(manifest, 'dist'), 'tarball'), 2_000) ?? null,
    repository: page === undefined ? null : { page, directory },
  };
}

/** As registries tell it where everything was taken out: npm leaves `versions` away then. */
function isEmptied(json: unknown): boolean {
  const versions = own(json, 'versions');
  if (versions === undefined) return isRecord(own(own(json, 'time'), 'unpublished'));
  return isRecord(versions) && Object.keys(versions).length === 0;
}

function readSummary(
  json: unknown,
  manifest: unknown,
  { name, version }: { name: string; version: string },
): Omit<PackageSummary, 'downloads'> {
  const keywords = own(manifest, 'keywords');
  const people = [own(json, 'maintainers'), own(manifest, 'maintainers'), [own(manifest, '_npmUser')]];
  const maintainers = people.map((list) => textsOf(listOf(list).map(userOf), { most: 200, length: 60 }));
  return {
    name,
    version: cleaned(cut(version, 100)),
    description: textOf(own(manifest, 'description') ?? own(json, 'description'), 500) ?? '',
    keywords: textsOf(typeof keywords === 'string' ? keywords.split(/[\s,]+/) : listOf(keywords), {
      most: 50,
      length: 100,
    }),
    maintainers: maintainers.find((list) => list.length > 0) ?? [],
    publishedAt: timeOf(own(own(json, 'time'), version)),
  };
}

function readLicense(manifest: unknown): string | null {
  const license = own(manifest, 'license') ?? listOf(own(manifest, 'licenses'))[0];
  return textOf(isRecord(license) ? own(license, 'type') : license, 200) ?? null;
}

/** The text that the maintainer gives, if any. */
function readDeprecation(manifest: unknown): string | null {
  const deprecated = own(manifest, 'deprecated');
  return deprecated === true ? 'This version is deprecated' : (textOf(deprecated, 1_000) ?? null);
}

function readLinks(manifest: unknown, repository: string | undefined): PackageDetails['links'] {
  const bugs = own(manifest, 'bugs');
  const found = [
    { rel: 'homepage' as const, url: pageAddress(own(manifest, 'homepage')) },
    { rel: 'repository' as const, url: repository },
    { rel: 'issues' as const, url: pageAddress(own(bugs, 'url') ?? bugs) },
  ];
  return found.flatMap(({ rel, url }) => (url === undefined ? [] : [{ rel, url }]));
}

function readDependencies(manifest: unknown): PackageDetails['dependencies'] {
  const optional = own(manifest, 'optionalDependencies');
  const read = (kind: PackageDetails['dependencies'][number]['kind'], value: unknown) =>
    entriesOf(value).map(([name, range]) => ({
      name: cleaned(cut(name, 214)),
      range: textOf(range, 100) ?? '*',
      kind,
    }));
  // npm repeats optional ones among the others.
  const runtime = read('runtime', own(manifest, 'dependencies')).filter(
    ({ name }) => own(optional, name) === undefined,
  );
  const peers = read('peer', own(manifest, 'peerDependencies'));
  return [...runtime, ...peers, ...read('optional', optional)].slice(0, MAX_DEPENDENCIES);
}

function readVersions(newestFirst: readonly [string, unknown][], json: unknown): PackageDetails['versions'] {
  const tags = entriesOf(own(json, 'dist-tags'));
  return newestFirst.slice(0, MAX_VERSIONS).map(([version, manifest]) => ({
    version: cleaned(cut(version, 100)),
    publishedAt: timeOf(own(own(json, 'time'), version)),
    tags: tags
      .filter(([, tagged]) => tagged === version)
      .slice(0, MAX_TAGS)
      .map(([tag]) => cleaned(cut(tag, 100))),
    deprecated: readDeprecation(manifest) !== null,
  }));
}

function readReadme(json: unknown, manifest: unknown): string {
  const candidates = [own(json, 'readme'), own(manifest, 'readme')];
  // npm's own words for a package without one.
  const readme = candidates.find(
    (text) => typeof text === 'string' && !/^(?:ERROR: No README data found!)?\s*$/.test(text),
  );
  return typeof readme === 'string' ? cleanedMarkdown(cut(readme, MAX_README + 1)) : '';
}
