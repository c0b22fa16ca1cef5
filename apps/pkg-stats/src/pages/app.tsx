import type { JSX } from 'preact';
import { pathOf } from './address.js';
import { Boundary } from './boundary.js';
import { HomePage } from './home-page.js';
import { useInteractive } from './interactive.js';
import { LostPage } from './lost-page.js';
import { PackagePage } from './package-page.js';
import { SITE_NAME } from './page-head.js';
import { SearchBox } from './search-box.js';
import { SearchResultsPage } from './search-results-page.js';
import { UserPage } from './user-page.js';
import type { View } from './view.js';

/** All pages: what is around them, and the one that is shown. */
export function App({ view }: { view: View }): JSX.Element {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="site">
        <div class="bar">
          <a class="brand" href="/">
            {SITE_NAME}
          </a>
          <SearchBox key={pathOf(view)} written={view.kind === 'search' ? view.text : ''} />
          <nav aria-label="Feeds">
            <a href="/#popular">Popular</a>
            <a href="/#newest">Newest</a>
            <a href="/#random">Random</a>
          </nav>
        </div>
      </header>
      <LinkNotice />
      <main id="main" tabIndex={-1}>
        <Boundary key={pathOf(view)} name="this page">
          <Page view={view} />
        </Boundary>
      </main>
      <footer class="site">
        <p>{SITE_NAME} shows what an npm registry knows. Data comes over socket.io-p2p-plugin; times are in UTC.</p>
      </footer>
    </>
  );
}

function Page({ view }: { view: View }): JSX.Element {
  switch (view.kind) {
    case 'home':
      return <HomePage view={view} />;
    case 'search':
      return <SearchResultsPage view={view} />;
    // Another package is another page: nothing that was opened or sorted in the one is so in the other.
    case 'package':
      return <PackagePage key={view.name} view={view} />;
    case 'user':
      return <UserPage key={view.name} view={view} />;
    case 'lost':
      return <LostPage path={view.path} />;
  }
}

/** It is there before it has something to say: or else it is not read out. */
function LinkNotice(): JSX.Element {
  const isDown = useInteractive()?.link === 'down';
  return (
    <div class="link-notice" role="status">
      {isDown && <p class="notice">Offline: this page shows what was there before. Trying to connect again …</p>}
    </div>
  );
}
