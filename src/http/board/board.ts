import { createBullBoard } from '@bull-board/api';
import type { AppControllerRoute, IServerAdapter, UIConfig } from '@bull-board/api/dist/types.js';
import type { Queues } from '../../queue/index.ts';
import { type BoardFile, findFiles } from './files.ts';
import { renderIndex } from './index-page.ts';
import { boundQuery } from './query.ts';
import { showQueues } from './shown-queues.ts';
import { withoutWords } from './words.ts';

/** Bull Board without a server of its own: its page, its files, and the answers to what its page asks. */
export interface Board {
  /** One page for each path that its page makes up. */
  readonly page: string;
  /** By their paths below `/queues`. */
  readonly files: ReadonlyMap<string, BoardFile>;
  /** Undefined when there is no such route. Throws `queue.unavailable`. */
  answer(asked: BoardRequest): Promise<BoardAnswer | undefined>;
}

export interface BoardRequest {
  readonly method: string;
  /** Below `/queues`, as it was sent. */
  readonly path: string;
  readonly query: unknown;
  readonly body: unknown;
  /** The only jobs whose queues are shown. */
  readonly jobs: readonly string[];
  /** Whether what jobs wrote may be seen: why they failed, and what they logged. */
  readonly maySeeWords: boolean;
}

export interface BoardAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Loads Bull Board, read-only in each queue and by its door. */
export async function openBoard(queues: Queues): Promise<Board> {
  const { routes, uiConfig, folder } = collectParts();
  const matchers = routes.flatMap(toMatchers);
  return {
    page: await renderIndex(folder, uiConfig),
    files: await findFiles(folder),
    async answer({ method, path, query, body, jobs, maySeeWords }) {
      const found = findRoute(matchers, method, path);
      if (!found) return undefined;
      const { route, params } = found;
      if (isFlow(route)) return { status: 200, body: emptyFlow(params) };
      const { queueName } = params;
      const names = queueName === undefined ? jobs : jobs.filter((name) => name === queueName);
      const answered = await queues.inspect(names, async (opened) =>
        route.handler({
          queues: showQueues(opened),
          uiConfig,
          params,
          query: boundQuery(query),
          body: { ...(body as object) },
          headers: {},
        }),
      );
      const shown = withoutTemplates(answered?.body);
      return {
        status: answered?.status ?? 200,
        body: maySeeWords ? shown : withoutWords(shown),
      };
    },
  };
}

const ourConfig: UIConfig = {
  boardTitle: 'Nightshift queues',
  boardLogo: { path: '/console/icon.svg', width: 24, height: 24 },
  favIcon: { default: '/console/icon.svg', alternative: '/console/icon.svg' },
  miscLinks: [{ text: 'Runs', url: '/' }],
  hideDocsLink: true,
  // Both ask the server about its clients: our health, metrics and list of workers tell that.
  hideRedisDetails: true,
  showWorkers: false,
  locale: { lng: 'en-US' },
};

interface Parts {
  routes: readonly AppControllerRoute[];
  uiConfig: UIConfig;
  /** Where its page and its files are. */
  folder: string;
}

/** What Bull Board would have told a server of its own. */
function collectParts(): Parts {
  const parts: Parts = { routes: [], uiConfig: {}, folder: '' };
  const serverAdapter: IServerAdapter = {
    setQueues: () => serverAdapter,
    setStaticPath: () => serverAdapter,
    setEntryRoute: () => serverAdapter,
    setErrorHandler: () => serverAdapter,
    setViewsPath(folder) {
      parts.folder = folder;
      return serverAdapter;
    },
    setApiRoutes(routes) {
      parts.routes = routes;
      return serverAdapter;
    },
    setUIConfig(config) {
      parts.uiConfig = config;
      return serverAdapter;
    },
  };
  const readOnly = { allow: false, status: 405, errorKey: 'ERRORS.QUEUE_READ_ONLY' } as const;
  createBullBoard({
    queues: [],
    serverAdapter,
    options: {
      uiConfig: ourConfig,
      handlerHooks: { before: ({ method }) => (method === 'get' ? { allow: true } : readOnly) },
    },
  });
  return parts;
}

interface Matcher {
  readonly method: string;
  readonly parts: readonly string[];
  readonly route: AppControllerRoute;
}

function toMatchers(route: AppControllerRoute): Matcher[] {
  return [route.route].flat().flatMap((path) =>
    [route.method].flat().map((method) => ({
      method: method.toUpperCase(),
      parts: path.split('/'),
      route,
    })),
  );
}

interface Found {
  readonly route: AppControllerRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** The first that fits: Bull Board names single paths before those with parameters. */
function findRoute(matchers: readonly Matcher[], method: string, path: string): Found | undefined {
  const asked = path.split('/').map(decodeURIComponent);
  const wanted = method === 'HEAD' ? 'GET' : method;
  const fits = (part: string, i: number) => part.startsWith(':') || part === asked[i];
  const found = matchers.find(
    ({ method: own, parts }) =>
      own === wanted && parts.length === asked.length && parts.every(fits),
  );
  if (!found) return undefined;
  const params = found.parts.flatMap((part, i) =>
    part.startsWith(':') ? [[part.slice(1), asked[i]!]] : [],
  );
  return { route: found.route, params: Object.fromEntries(params) as Found['params'] };
}

function isFlow({ route }: AppControllerRoute): boolean {
  return [route].flat().some((path) => path.endsWith('/flow'));
}

/** A flow reaches into queues that a key may not see; children of runs are on our own pages. */
function emptyFlow({ jobId }: Found['params']): object {
  return { nodeId: jobId, flowRoot: null, isFlowNode: false };
}

/** Schedulers of other programs carry what their jobs will. */
function withoutTemplates(body: unknown): unknown {
  const { schedulers } = (body ?? {}) as { schedulers?: readonly object[] };
  if (!schedulers) return body;
  return { schedulers: schedulers.map((scheduler) => ({ ...scheduler, template: undefined })) };
}
