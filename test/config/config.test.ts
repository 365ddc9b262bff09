import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseConfig, readConfig } from '../../config/index.ts';
import { profiles } from '../../config/profiles.ts';
import { domains, listVariables } from '../../config/variables.ts';
import { isFailure } from '../../src/core/errors.ts';

const postgres = { DATABASE_URL: 'postgres://ada:lovelace@db:5432/jobs' };
const redis = { ...postgres, REDIS_URL: 'redis://cache:6379' };

/** The faults that a configuration is refused with, one sentence each. */
function faultsOf(...sources: Parameters<typeof parseConfig>): string[] {
  try {
    parseConfig(...sources);
    return [];
  } catch (error) {
    if (!isFailure(error, 'config.invalid')) throw error;
    return (error.details.findings as { message: string }[]).map(({ message }) => message);
  }
}

function warningsOf(environment: Record<string, string>): string[] {
  return parseConfig(environment).warnings.map(({ message }) => message);
}

describe('with nothing set', () => {
  test('there is a configuration that runs', () => {
    expect(parseConfig({})).toMatchObject({
      profile: 'full',
      mailbox: 'sample',
      footprint: 'embedded',
      log: { level: 'info', fileBytes: 10 * 1024 ** 2, filesKept: 10 },
      database: { kind: 'pglite', folder: './data' },
      queue: { prefix: 'nightshift' },
      runtime: { concurrency: 10, heartbeatSeconds: 5, detectionMs: 15_000, graceMs: 30_000 },
      warnings: [],
    });
  });

  test('an empty value is nothing', () => {
    const empty = Object.fromEntries(listVariables().map(({ name }) => [name, '']));
    const hookSecrets = expect.any(Function);
    expect(parseConfig(empty)).toEqual({ ...parseConfig({}), hookSecrets });
  });

  test('no option is out of reach of the environment', () => {
    const reached = listVariables().map(({ domain, option }) => `${domain}.${option}`);
    const options = Object.entries(domains).flatMap(([domain, { shape }]) =>
      Object.keys(shape).map((option) => `${domain}.${option}`),
    );
    expect(reached.sort()).toEqual(options.sort());
  });
});

describe('the footprint', () => {
  test.each([
    [{}, 'embedded', 'pglite'],
    [postgres, 'postgres', 'postgres'],
    [redis, 'cluster', 'postgres'],
  ])('of %j is %s', (environment, footprint, kind) => {
    expect(parseConfig(environment)).toMatchObject({ footprint, database: { kind } });
  });

  test('hands the URLs on as they were written', () => {
    const { database, queue } = parseConfig(redis);
    expect(database).toEqual({
      kind: 'postgres',
      url: postgres.DATABASE_URL,
      connections: 16,
      carriesQueues: false,
    });
    expect(queue).toEqual({ redisUrl: redis.REDIS_URL, prefix: 'nightshift' });
  });
});

const postgresUrl =
  'is not a URL such as postgres://user:password@host:5432/database (in a password, write @ / # ? : as %40 %2F %23 %3F %3A).';

describe('a wrong value is refused with what is allowed', () => {
  test.each([
    [
      'NIGHTSHIFT_PROFILE',
      'tesing',
      '"tesing" is not minimal, development, full or testing; did you mean "testing"?',
    ],
    ['NIGHTSHIFT_PROFILE', 'cloud', '"cloud" is not minimal, development, full or testing.'],
    [
      'NIGHTSHIFT_LOG_LEVEL',
      'DEBUG',
      '"DEBUG" is not debug, info, warn or error; did you mean "debug"?',
    ],
    ['NIGHTSHIFT_LOG_LEVEL', 'constructor', '"constructor" is not debug, info, warn or error.'],
    [
      'NIGHTSHIFT_LOG_REDACT',
      'iban,,x',
      '"iban,,x" is not a list, with commas, of parts of names such as iban,diagnosis.',
    ],
    ['NIGHTSHIFT_CONCURRENCY', '0', '"0" is not a whole number from 1 to 1000.'],
    ['NIGHTSHIFT_CONCURRENCY', '1e2', '"1e2" is not a whole number from 1 to 1000.'],
    [
      'NIGHTSHIFT_CONCURRENCY',
      ' 7',
      '" 7" is not a whole number from 1 to 1000; did you mean "7"?',
    ],
    ['NIGHTSHIFT_DATABASE_CONNECTIONS', '7', '"7" is not a whole number from 8 to 500.'],
    ['NIGHTSHIFT_DETECTION', '15', '"15" is not a duration from 1s to 1h; did you mean "15s"?'],
    ['NIGHTSHIFT_DETECTION', '100ms', '"100ms" is not a duration from 1s to 1h.'],
    ['NIGHTSHIFT_GRACE', '5 min', '"5 min" is not a duration from 0s to 1h; did you mean "5m"?'],
    [
      'NIGHTSHIFT_RESULT_INLINE',
      '256KB',
      '"256KB" is not a size from 64b to 16mb; did you mean "256kb"?',
    ],
    ['NIGHTSHIFT_RESULT_LIMIT', '2gb', '"2gb" is not a size from 1kb to 500mb.'],
    ['NIGHTSHIFT_GRACE', '2h', '"2h" is not a duration from 0s to 1h.'],
    [
      'NIGHTSHIFT_HEARTBEAT',
      '1500ms',
      '"1500ms" is not a duration of whole seconds from 1s to 59s.',
    ],
    [
      'NIGHTSHIFT_HEARTBEAT',
      '4 sec',
      '"4 sec" is not a duration of whole seconds from 1s to 59s; did you mean "4s"?',
    ],
    [
      'NIGHTSHIFT_PREFIX',
      'Night',
      '"Night" is not up to 31 lower-case letters, digits, - and _, a letter first; did you mean "night"?',
    ],
    [
      'NIGHTSHIFT_PREFIX',
      'a:b',
      '"a:b" is not up to 31 lower-case letters, digits, - and _, a letter first.',
    ],
    ['DATABASE_URL', 'mysql://ada:lovelace@db/jobs', `"mysql://ada:***@db/jobs" ${postgresUrl}`],
    ['DATABASE_URL', 'db:5432/jobs', `"***" ${postgresUrl}`],
    ['DATABASE_URL', 'postgres://', `"postgres://***" ${postgresUrl}`],
    ['DATABASE_URL', 'postgres://ada:love/lace@db/jobs', `"postgres://***" ${postgresUrl}`],
  ])('%s=%s', (variable, value, sentence) => {
    expect(faultsOf({ [variable]: value })).toEqual([`${variable}: ${sentence}`]);
  });

  test('and all of them are told at once', () => {
    const faults = faultsOf({
      NIGHTSHIFT_CONCURRENCY: 'many',
      NIGHTSHIFT_GRACE: 'long',
      DATABSE_URL: postgres.DATABASE_URL,
      REDIS_URL: 'cache',
    });
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
      'REDIS_URL',
      'NIGHTSHIFT_CONCURRENCY',
      'NIGHTSHIFT_GRACE',
      'REDIS_URL',
      'DATABSE_URL',
    ]);
  });

  test('and the failure is of the kind invalid, one fault to a line', () => {
    const parse = () => parseConfig({ NIGHTSHIFT_GRACE: 'long', NIGHTSHIFT_CONCURRENCY: '0' });
    expect(parse).toThrow(expect.objectContaining({ code: 'config.invalid', kind: 'invalid' }));
    expect(parse).toThrow(
      'The configuration cannot be used:\n' +
        '  NIGHTSHIFT_CONCURRENCY: "0" is not a whole number from 1 to 1000.\n' +
        '  NIGHTSHIFT_GRACE: "long" is not a duration from 0s to 1h.',
    );
  });
});

describe('between variables', () => {
  test('that lead past a DATABASE_URL that is not set are refused', () => {
    expect(faultsOf({ DATABASE_DIRECT_URL: 'postgres://me:s3cret@db/jobs' })).toEqual([
      'DATABASE_DIRECT_URL: "postgres://me:***@db/jobs" needs DATABASE_URL beside it: it is the way past a pooler that DATABASE_URL leads to. Without a pooler set DATABASE_URL alone.',
    ]);
  });

  test('Redis alone is refused, because the cluster needs both', () => {
    expect(faultsOf({ REDIS_URL: 'redis://:s3cret@cache' })).toEqual([
      'REDIS_URL: "redis://:***@cache" needs DATABASE_URL beside it: Redis carries the queues of many machines, and PostgreSQL keeps their runs. Set DATABASE_URL, or take REDIS_URL away to run embedded.',
    ]);
  });

  test('a heartbeat of more than a third of the detection time is refused', () => {
    expect(faultsOf({ NIGHTSHIFT_HEARTBEAT: '5s', NIGHTSHIFT_DETECTION: '15s' })).toEqual([]);
    expect(faultsOf({ NIGHTSHIFT_HEARTBEAT: '6s' })).toEqual([
      'NIGHTSHIFT_HEARTBEAT: "6s" is more than a third of NIGHTSHIFT_DETECTION (15s), so that one late heartbeat would count as a death; write 18s or more there, or less here.',
    ]);
    expect(faultsOf({ NIGHTSHIFT_DETECTION: '14999ms' })).toHaveLength(1);
  });

  test('a result that is too large for its row has to fit into the archive', () => {
    expect(faultsOf({ NIGHTSHIFT_RESULT_INLINE: '2mb', NIGHTSHIFT_RESULT_LIMIT: '1mb' })).toEqual([
      'NIGHTSHIFT_RESULT_INLINE: "2mb" is more than NIGHTSHIFT_RESULT_LIMIT (1mb), so that nothing would go to the archive; write less here, or more there.',
    ]);
  });

  test('the archive is in the data folder unless it has one of its own', () => {
    expect(parseConfig({}).archive).toBe('data/archive');
    expect(parseConfig({ NIGHTSHIFT_DATA: '/srv/jobs' }).archive).toBe('/srv/jobs/archive');
    expect(parseConfig({ ...postgres, NIGHTSHIFT_ARCHIVE: '/srv/shared' }).archive).toBe(
      '/srv/shared',
    );
  });

  test('what has no effect is a warning', () => {
    expect(
      warningsOf({ ...postgres, NIGHTSHIFT_DATA: 'store', NIGHTSHIFT_ARCHIVE: 'shared' }),
    ).toEqual([
      'NIGHTSHIFT_DATA: has no effect, because DATABASE_URL and NIGHTSHIFT_ARCHIVE are set and keep everything.',
    ]);
    expect(warningsOf({ ...postgres, NIGHTSHIFT_DATA: 'store' })).toEqual([]);
    expect(warningsOf({ NIGHTSHIFT_DATABASE_CONNECTIONS: '9' })).toEqual([
      'NIGHTSHIFT_DATABASE_CONNECTIONS: has no effect without DATABASE_URL.',
    ]);
    expect(warningsOf({ NIGHTSHIFT_PROFILE: 'minimal' })).toEqual([]);
  });
});

describe('a misspelt variable', () => {
  test.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['NIGHTSHIFT_PROFIL', 'NIGHTSHIFT_PROFILE'],
    ['NIGHTSHIFT_LOGLEVEL', 'NIGHTSHIFT_LOG_LEVEL'],
    ['NIGHTSHIFT_CONCURENCY', 'NIGHTSHIFT_CONCURRENCY'],
    ['NIGTHSHIFT_DATA', 'NIGHTSHIFT_DATA'],
  ])('%s is refused: did you mean %s?', (name, meant) => {
    const sentence = `${name}: no variable of Nightshift has this name; did you mean "${meant}"?`;
    expect(faultsOf({ [name]: 'x' })).toEqual([sentence]);
    expect(faultsOf({}, { [name]: 'x' })).toEqual([sentence]);
  });

  test('is somebody else’s when the right one is mentioned, if only empty', () => {
    expect(faultsOf({ REDIS_URI: 'x', REDIS_URL: '' })).toEqual([]);
    expect(warningsOf({ ...redis, REDIS_URI: 'x', DATABASE_URI: 'x' })).toEqual([]);
  });

  test('that is close to none of ours is a warning, and only when it begins like ours', () => {
    expect(warningsOf({ NIGHTSHIFT_COLOUR: 'green' })).toEqual([
      'NIGHTSHIFT_COLOUR: no variable of Nightshift has this name, and it has no effect.',
    ]);
    expect(
      warningsOf({ PATH: '/bin', HOME: '/root', NODE_ENV: 'test', DATABASE_HOST: 'db' }),
    ).toEqual([]);
  });
});

describe('each value', () => {
  const sourceOf = (name: string, ...sources: Parameters<typeof parseConfig>) =>
    parseConfig(...sources).settings.find(({ variable }) => variable === name);

  test('comes from the environment before .env, the profile and the default', () => {
    const name = 'NIGHTSHIFT_GRACE';
    const profile = { NIGHTSHIFT_PROFILE: 'testing' };
    const file = { ...profile, [name]: '3s' };
    const at = (value: string, source: string) => ({ variable: name, value, source });
    expect(sourceOf(name, { [name]: '4s' }, file)).toEqual(at('4s', 'environment'));
    expect(sourceOf(name, {}, file)).toEqual(at('3s', '.env'));
    expect(sourceOf(name, { [name]: '' }, file)).toEqual(at('2s', 'profile'));
    expect(sourceOf(name, {}, profile)).toEqual(at('2s', 'profile'));
    expect(sourceOf(name, {})).toEqual(at('30s', 'default'));
  });

  test('is told with its source, in the order of the variables', () => {
    const { settings } = parseConfig({});
    expect(settings.map(({ variable }) => variable)).toEqual([
      ...listVariables().map(({ name }) => name as string),
      'NIGHTSHIFT_HOOK_GITHUB_SECRETS',
    ]);
    expect(settings).toContainEqual({ variable: 'REDIS_URL', value: undefined, source: 'default' });
  });

  test.each(Object.keys(profiles))('of the profile %s is allowed', (profile) => {
    expect(faultsOf({ NIGHTSHIFT_PROFILE: profile })).toEqual([]);
    expect(warningsOf({ NIGHTSHIFT_PROFILE: profile })).toEqual([]);
  });
});

describe('a configuration', () => {
  const names = fc.oneof(
    fc.constantFrom(...listVariables().map(({ name }) => name as string)),
    fc.string().map((tail) => `NIGHTSHIFT_${tail}`),
    fc.constantFrom('__proto__', 'constructor', 'PATH', 'DATABSE_URL'),
    fc.string(),
  );
  const values = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.constantFrom('5', '5s', '1h', '-1', 'full', 'testing', 'postgres://db/a', 'redis://c', '\0'),
    fc.constant(undefined),
  );
  const environments = fc.dictionary(names, values, { maxKeys: 8 });

  test('of any environment at all is either valid or `config.invalid`', () => {
    fc.assert(
      fc.property(environments, environments, (environment, file) => {
        for (const message of faultsOf(environment, file)) expect(message).toMatch(/[.?]$/);
      }),
      { numRuns: 500 },
    );
  });

  test('cannot be changed, however deep', () => {
    const thaw: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thaw.push(path);
      for (const [key, part] of Object.entries(value)) visit(part, `${path}.${key}`);
    };
    visit(parseConfig({ ...redis, NIGHTSHIFT_COLOUR: 'green' }), 'config');
    expect(thaw).toEqual([]);
  });
});

describe('a password', () => {
  const special = Array.from('abcXYZ019@:/?#%&=+ []"\\');
  const passwords = fc
    .string({ unit: fc.constantFrom(...special), minLength: 3, maxLength: 12 })
    .map((middle) => `S3${middle}T9`);
  const around = fc.constantFrom(
    (password: string) => `postgres://ada:${password}@db:5432/jobs`,
    (password: string) => `postgres://ada:${encodeURIComponent(password)}@db/jobs`,
    (password: string) => `postgres://db/jobs?password=${password}`,
    (password: string) => `postgres:/ada:${password}@db`,
    (password: string) => `postgres//ada:${password}@db`,
    (password: string) => `ada:${password}@db`,
    (password: string) => `mysql://ada:${password}@db`,
    (password: string) => `redis://:${password}@cache`,
    (password: string) => password,
  );
  const variables = fc.constantFrom('DATABASE_URL', 'REDIS_URL', 'NIGHTSHIFT_DATA', 'DATABSE_URL');

  test('is in nothing that is shown', () => {
    fc.assert(
      fc.property(passwords, around, variables, (password, wrap, variable) => {
        const value = wrap(password);
        fc.pre(variable !== 'NIGHTSHIFT_DATA' || value.includes('://'));
        const shown = shownBy({ [variable]: value });
        for (const form of [password, encodeURIComponent(password), encodeURI(password)])
          expect(shown).not.toContain(form);
        // Half of a password that was torn apart is too much as well.
        expect(shown).not.toMatch(/S3|T9/);
      }),
      { numRuns: 1000 },
    );
  });

  function shownBy(environment: Record<string, string>): string {
    try {
      const { settings, warnings } = parseConfig(environment);
      return JSON.stringify({ settings, warnings });
    } catch (error) {
      const { message, details, stack } = error as Error & { details: unknown };
      return JSON.stringify({ message, details, stack });
    }
  }
});

describe('the configuration of this process', () => {
  const folders: string[] = [];
  const openFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-config-'));
    folders.push(folder);
    return folder;
  };

  afterEach(() => {
    vi.unstubAllEnvs();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  test('comes from its environment and the .env file of the folder', () => {
    vi.stubEnv('NIGHTSHIFT_GRACE', '7s');
    const folder = openFolder();
    writeFileSync(
      join(folder, '.env'),
      '# ours\nNIGHTSHIFT_GRACE=9s\nexport NIGHTSHIFT_CONCURRENCY="3"\nNIGHTSHIFT_DETECTION=20s # long\n',
    );
    expect(readConfig(folder).runtime).toMatchObject({
      graceMs: 7000,
      concurrency: 3,
      detectionMs: 20_000,
    });
  });

  test('needs no .env file', () => {
    expect(readConfig(openFolder()).settings.map(({ source }) => source)).not.toContain('.env');
  });

  test('is refused when the .env file cannot be read', () => {
    const folder = openFolder();
    mkdirSync(join(folder, '.env'));
    expect(() => readConfig(folder)).toThrow(
      `.env: ${join(folder, '.env')} cannot be read (EISDIR); make it a readable file or remove it.`,
    );
  });
});
