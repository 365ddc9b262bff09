import { expect, test } from 'vitest';
import { hooksOf, parseConfig } from '../../config/index.ts';
import { isFailure } from '../../src/core/errors.ts';

const variable = 'NIGHTSHIFT_HOOK_GITHUB_SECRETS';
const secrets = 'the old one of 2025, the new one of 2026';

test('the hooks of the installation are well defined', () => {
  expect(hooksOf().map(({ name, on }) => [name, Object.keys(on)])).toEqual([
    ['github', ['pull_request', 'push']],
  ]);
});

test('secrets come from the environment, else from the file, and none when it is empty', () => {
  expect(parseConfig({ [variable]: secrets }).hookSecrets('github')).toEqual([
    'the old one of 2025',
    'the new one of 2026',
  ]);
  expect(parseConfig({}, { [variable]: 'one of the file, with 1' }).hookSecrets('github')).toEqual([
    'one of the file',
    'with 1',
  ]);
  expect(parseConfig({ [variable]: '' }, { [variable]: 'hidden' }).hookSecrets('github')).toEqual(
    [],
  );
  expect(parseConfig({}).hookSecrets('github')).toEqual([]);
});

test('no print of the configuration has a secret in it', () => {
  const config = parseConfig({ [variable]: secrets });
  expect(JSON.stringify(config)).not.toContain('2025');
  expect(config.settings.find((setting) => setting.variable === variable)).toEqual({
    variable,
    value: '*** (2 secrets)',
    source: 'environment',
  });
});

test('secrets for a hook that is not there stop the start, and are not told', () => {
  const parse = () => parseConfig({ NIGHTSHIFT_HOOK_GITHUP_SECRETS: secrets });
  expect(parse).toThrow(/did you mean "NIGHTSHIFT_HOOK_GITHUB_SECRETS"/);
  try {
    parse();
  } catch (error) {
    expect(isFailure(error, 'config.invalid') && error.message).not.toContain('2025');
  }
});

test('a short secret is a warning', () => {
  const { warnings } = parseConfig({ [variable]: 'short' });
  expect(warnings.map(({ message }) => message)).toEqual([
    `${variable}: a secret of less than 16 characters can be guessed; take a longer one.`,
  ]);
});
