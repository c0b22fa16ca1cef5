import { type JSX, options } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { App } from '../pages/app.js';
import { headOf, SITE_NAME } from '../pages/page-head.js';
import type { View } from '../pages/view.js';
import type { Assets } from './assets.js';
import { structuredData } from './structured-data.js';

// Parts that cannot be shown say so: see `Boundary`. The types do not know of it.
Object.assign(options, { errorBoundaries: true });

export interface DocumentOptions {
  /** What canonical addresses begin with. */
  readonly origin: string;
  readonly assets: Assets;
}

/** A page as HTML, which is all there without script. */
export function renderDocument(view: View, documentOptions: DocumentOptions): string {
  return withoutControls(`<!doctype html>${renderToString(<Document view={view} {...documentOptions} />)}`);
}

function Document({ view, origin, assets }: DocumentOptions & { view: View }): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <Meta view={view} origin={origin} />
        <link rel="stylesheet" href={assets.style} />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <meta name="color-scheme" content="light dark" />
        {assets.preloads.map((href) => (
          <link key={href} rel="modulepreload" href={href} />
        ))}
        <script type="module" src={assets.script} />
      </head>
      <body>
        <div id="app">
          <App view={view} />
        </div>
        <div id="announcer" class="hidden" aria-live="polite" />
        <Data id="state" type="application/json" data={stateOf(view)} />
      </body>
    </html>
  );
}

function Meta({ view, origin }: { view: View; origin: string }): JSX.Element {
  const { title, description, path, isIndexed } = headOf(view);
  const address = origin + path;
  const data = structuredData(view, origin);
  return (
    <>
      <title>{title}</title>
      <meta name="description" content={description} />
      <link rel="canonical" href={address} />
      {!isIndexed && <meta name="robots" content="noindex" />}
      <meta property="og:type" content={view.kind === 'user' ? 'profile' : 'website'} />
      <meta property="og:site_name" content={SITE_NAME} />
      <meta property="og:title" content={title} />
      <meta property="og:description" content={description} />
      <meta property="og:url" content={address} />
      <meta name="twitter:card" content="summary" />
      {data && <Data type="application/ld+json" data={data} />}
    </>
  );
}

interface DataProps {
  readonly id?: string;
  readonly type: string;
  readonly data: object;
}

/** Without `<` nothing in it can end the element. */
function Data({ id, type, data }: DataProps): JSX.Element {
  const json = JSON.stringify(data, (_key, value) =>
    typeof value === 'string' ? withoutControls(value) : value,
  ).replaceAll('<', '\\u003c');
  return <script id={id} type={type} dangerouslySetInnerHTML={{ __html: json }} />;
}

/** A parser of HTML would change them, and the page of the browser would be another than that of the server. */
const withoutControls = (text: string): string => text.replace(/(?![\t\n])\p{Cc}/gu, '');

/** The README is in the page already, where the browser takes it from. */
function stateOf(view: View): View {
  if (view.kind !== 'package' || view.readme.state !== 'ready') return view;
  return { ...view, readme: { state: 'ready', value: '' } };
}
