import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** A tarball as `npm pack` makes them. @param files what each path holds */
export async function packFiles(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'pkg-stats-pack-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      const place = join(folder, 'package', path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
    }
    const paths = Object.keys(files).map((path) => `package/${path}`);
    const packed: Buffer[] = [];
    for await (const piece of create({ gzip: true, cwd: folder, portable: true }, paths))
      packed.push(Buffer.from(piece));
    return Buffer.concat(packed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
