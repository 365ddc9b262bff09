import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

// Compiles the client to JavaScript and packs it as a tarball that installs alone. `--out` is the folder, `dist` by default.

const root = join(import.meta.dirname, '../../..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
const out = resolve(values.out);
const folder = join(out, 'client');

rmSync(folder, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    '--project',
    import.meta.dirname,
    '--outDir',
    folder,
  ],
  { stdio: 'inherit' },
);
chmodSync(join(folder, 'client/nightshift-types.js'), 0o755);
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
copyFileSync(join(import.meta.dirname, 'README.md'), join(folder, 'README.md'));
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', out], {
  cwd: folder,
  encoding: 'utf8',
});
process.stdout.write(`${join(out, packed.trim())}\n`);

function manifest() {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, string>;
  const entry = { types: './client/index.d.ts', default: './client/index.js' };
  return {
    name,
    version,
    description: 'Enqueue jobs of Nightshift from another app, and wait for them.',
    license,
    type: 'module',
    engines: { node: '>=20.3' },
    exports: { './client': entry, './package.json': './package.json' },
    bin: { 'nightshift-types': './client/nightshift-types.js' },
    files: ['client', 'core'],
    peerDependencies: { pg: '>=8' },
    peerDependenciesMeta: { pg: { optional: true } },
  };
}
