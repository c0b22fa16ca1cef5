import type { JSX } from 'preact';

/** Free text, `pkg:NAME`, or `@USER`. It works without script: the server reads all three. */
export function SearchBox({ written }: { written: string }): JSX.Element {
  return (
    <search>
      <form action="/search" method="get" class="search">
        <label for="q">Search packages</label>
        <div class="field">
          <input
            id="q"
            type="search"
            name="q"
            // What is being written stays when the page is rendered again.
            defaultValue={written}
            maxLength={200}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="q-hint"
          />
          <button type="submit">Search</button>
        </div>
        <p id="q-hint" class="hint">
          Any words, <code>pkg:name</code> for a package, <code>@user</code> for a user’s packages
        </p>
      </form>
    </search>
  );
}
