import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Compressed once, and as well as can be, instead of for each visitor. */
const precompressed: Plugin = {
  name: 'precompressed',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (!/\.(?:js|css)$/.test(fileName)) continue;
        const source = file.type === 'chunk' ? file.code : file.source;
        this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: brotliCompressSync(source) });
        this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
      }
    },
  },
};

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: 'dist/public',
    manifest: true,
    // The server sends the headers of a page itself, and names what it preloads.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['src/browser/main.ts', 'src/browser/style.css'] },
  },
  plugins: [precompressed],
});
