// Who may import whom: the table of ARCHITECTURE.md, as rules.

/** Folders of src, and what each may import of ours beside itself. */
const mayImport = {
  core: [],
  db: ['core'],
  connectors: ['core'],
  operations: ['core'],
  queue: ['core', 'db'],
  ledger: ['core', 'db'],
  control: ['core', 'db'],
  documents: ['core', 'db'],
  auth: ['core', 'db'],
  audit: ['core', 'db'],
  hooks: ['core'],
  client: ['core'],
  runtime: ['core', 'db', 'queue', 'ledger'],
  console: ['core', 'ledger'],
  http: ['core', 'db', 'queue', 'ledger', 'control', 'documents', 'auth', 'audit', 'hooks', 'runtime', 'console'],
  monitoring: ['core', 'db', 'ledger', 'documents'],
  testing: ['core', 'db', 'queue', 'ledger', 'documents', 'audit', 'runtime'],
};

/** Packages that only one folder may know. */
const owners = {
  bullmq: 'src/queue',
  ioredis: 'src/queue',
  'pg-boss': 'src/control',
  'node-cron': 'src/runtime',
  fastify: 'src/http',
  '@bull-board': 'src/http/board',
  commander: 'src/cli',
};

const ours = '^(src|jobs|config|workers|examples|test)/';

const folders = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: ours, pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}));

const packages = Object.entries(owners).map(([name, owner]) => ({
  name: `${name}-owner`,
  severity: 'error',
  from: { path: '^(src|jobs|config|workers)/', pathNot: `^${owner}/` },
  to: { path: `node_modules/${name}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...folders,
    ...packages,
    {
      name: 'core-is-pure',
      comment: 'core does no I/O: of packages it knows zod, the cron parser and who says cron in words, of Node nothing.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^(src/core/|node_modules/(zod|cron-parser|cronstrue)/)' },
    },
    {
      name: 'doors',
      comment: 'A domain is entered by its index.ts; core is open, config reads options.ts, child.ts is the door for the child of an isolated attempt, and compile-cache.ts comes before whatever else a process loads.',
      severity: 'error',
      from: { path: '^(src/([^/]+)|jobs|config|workers)/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/(core/|[^/]+/(index|options|child|compile-cache)\\.ts$|connectors/[^/]+/index\\.ts$|$2/)' },
    },
    {
      name: 'config-imports',
      severity: 'error',
      from: { path: '^config/' },
      to: { path: ours, pathNot: '^(config/|src/core/|src/[^/]+/options\\.ts$|jobs/index\\.ts$)' },
    },
    {
      name: 'jobs-imports',
      severity: 'error',
      from: { path: '^jobs/([^/]+)/' },
      to: { path: ours, pathNot: '^(src/core/|jobs/$1/)' },
    },
    {
      name: 'jobs-list',
      severity: 'error',
      from: { path: '^jobs/index\\.ts$' },
      to: { path: ours, pathNot: '^(src/core/|jobs/)' },
    },
    {
      name: 'workers-imports',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: ours, pathNot: '^src/app/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      comment: 'Every package that is imported stands in package.json.',
      severity: 'error',
      from: { path: '^(src|jobs|config|workers)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/boundaries/house' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
