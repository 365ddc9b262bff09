import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './folder.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** The example app in a folder of its own, outside the repository, with the packed client installed. */
export interface InstalledApp extends AsyncDisposable {
  readonly folder: string;
  /** Runs a program in the app's folder with this Node first in its path; what it said, and its status. */
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly output: string }>;
}

export async function installApp(): Promise<InstalledApp> {
  const place = await temporaryFolder();
  const folder = join(place.path, 'app');
  const { stdout } = await run(process.execPath, [
    join(root, 'src/client/package/build.ts'),
    '--out',
    join(place.path, 'dist'),
  ]);
  await mkdir(folder);
  for (const file of ['app.ts', 'package.json', 'tsconfig.json'])
    await cp(join(root, 'examples/app', file), join(folder, file));
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  manifest.dependencies['nightshift'] = `file:${stdout.trim()}`;
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const app: InstalledApp = {
    folder,
    run: (program, args, env = {}) =>
      run(program, [...args], { cwd: folder, env: { ...process.env, PATH: path, ...env } }).then(
        ({ stdout, stderr }) => ({ status: 0, output: stdout + stderr }),
        (error: { code: number; stdout: string; stderr: string }) => ({
          status: error.code,
          output: error.stdout + error.stderr,
        }),
      ),
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
  // No registry is asked: the package has nothing that it needs.
  const installed = await app.run('npm', ['install', '--offline', '--no-audit', '--no-fund']);
  if (installed.status !== 0) throw new Error(installed.output);
  // What an app has beside it: pg, and the types that its compiler wants.
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of ['pg', '@types/node', '@types/pg', 'pg-types', 'pg-protocol', 'undici-types'])
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return app;
}
