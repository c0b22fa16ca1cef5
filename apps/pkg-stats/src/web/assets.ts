import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** Where Vite puts what browsers load; the same seen from `src` and from `dist`. */
export const PUBLIC_FOLDER = join(import.meta.dirname, '../../dist/public');

const manifest = v.record(v.string(), v.object({ file: v.string(), imports: v.optional(v.array(v.string()), []) }));

/** Addresses of what every page loads. */
export interface Assets {
  readonly script: string;
  /** What the script imports at once. */
  readonly preloads: readonly string[];
  readonly style: string;
}

/** @throws Error that says what to do where the pages have not been built */
export function readAssets(): Assets {
  const files = readManifest();
  const fileOf = (source: string) => {
    const entry = files[source];
    if (!entry) throw new Error(`The build of the pages has no ${source}: run npm run build -w pkg-stats`);
    return entry;
  };
  const script = fileOf('src/browser/main.ts');
  return {
    script: `/${script.file}`,
    preloads: script.imports.map((source) => `/${fileOf(source).file}`),
    style: `/${fileOf('src/browser/style.css').file}`,
  };
}

function readManifest(): v.InferOutput<typeof manifest> {
  const path = join(PUBLIC_FOLDER, '.vite/manifest.json');
  try {
    return v.parse(manifest, JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new Error(`The pages have not been built: run npm run build -w pkg-stats (${path} cannot be read)`, {
      cause,
    });
  }
}
