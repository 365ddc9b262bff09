import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './folder.ts';
import { findFreePort, findProgram, startServer, type TestServer } from './server.ts';

/** What `promtool` says, with `input` on its standard input; throws with its complaint. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)(findProgram('promtool'), args);
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return `${stdout}${stderr}`;
}

/** A private Prometheus that scrapes as `config` says, its data in a temporary folder. */
export async function startPrometheus(config: string): Promise<TestServer> {
  const program = findProgram('prometheus');
  const folder = await temporaryFolder();
  const file = join(folder.path, 'prometheus.yml');
  await writeFile(file, config);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder.path, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return startServer({
    url,
    port,
    folder,
    launch: () => spawn(program, options, { stdio: 'pipe', cwd: folder.path }),
    answers: () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
}

/** The series that an expression of PromQL comes to now. */
export async function queryPrometheus(
  { url }: TestServer,
  expression: string,
): Promise<{ labels: Record<string, string>; value: number }[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
