import { expect, test } from 'vitest';
import { githubReviews } from '../../src/core/github-reviews.ts';
import type { Mapped } from '../../src/core/hook.ts';
import { readRecorded } from '../hooks/github.ts';

const on = githubReviews('code-review');

function map(event: 'pull_request' | 'push', recorded: string): Mapped {
  const trigger = on[event]!;
  const body = trigger.body.parse(JSON.parse(readRecorded(recorded)));
  return trigger.map({ event, body, headers: {} });
}

const head = 'b2c4d6e8f00112233445566778899aabbccddeef';

test('a pull request that was opened is reviewed from its base to its head', () => {
  expect(map('pull_request', 'pull-request-opened')).toEqual({
    payload: {
      kind: 'pull_request',
      repository: 'harbour-freight/route-planner',
      cloneUrl: 'https://github.com/harbour-freight/route-planner.git',
      url: 'https://github.com/harbour-freight/route-planner/pull/118',
      branch: 'main',
      base: '3f1c0b7a9d2e4f5061728394a5b6c7d8e9f00112',
      head,
      author: 'm-okafor',
      title: 'Round the arrival to the minute, not the hour',
      number: 118,
      fork: null,
    },
    key: 'harbour-freight/route-planner',
    unique: {
      key: `pull_request harbour-freight/route-planner #118 3f1c0b7a9d2e4f5061728394a5b6c7d8e9f00112 ${head}`,
    },
  });
});

test('new commits of a fork are reviewed, and the fork is named', () => {
  expect(map('pull_request', 'pull-request-from-fork')).toMatchObject({
    payload: { head, fork: 'm-okafor/route-planner' },
  });
});

test('a fork and an author that are gone hinder no review', () => {
  expect(map('pull_request', 'pull-request-fork-gone')).toMatchObject({
    payload: { head, fork: null, author: 'ghost' },
  });
});

test('a push to the default branch is reviewed', () => {
  expect(map('push', 'push-main')).toMatchObject({
    payload: {
      kind: 'push',
      branch: 'main',
      base: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
      head,
      author: 't-lindqvist',
      title: 'Wait for the ferry list',
      number: null,
    },
  });
});

test('the first push of a repository has no base', () => {
  expect(map('push', 'push-first')).toMatchObject({ payload: { base: null, head } });
});

test.each([
  ['pull_request', 'pull-request-draft', 'the pull request is a draft'],
  ['pull_request', 'pull-request-labeled', 'the action labeled changes no code'],
  ['pull_request', 'pull-request-closed', 'the action closed changes no code'],
  [
    'push',
    'push-branch',
    'round-arrival is not the default branch; it is reviewed with its pull request',
  ],
  ['push', 'push-tag', 'refs/tags/v2.4.0 is no branch'],
  ['push', 'push-deleted', 'the branch main was deleted'],
] as const)('there is nothing to do for %s (%s): %s', (event, recorded, nothing) => {
  expect(map(event, recorded)).toEqual({ nothing });
});

test('a body that is none of GitHub’s is not taken', () => {
  const { body } = on['push']!;
  expect(body.safeParse({ ref: 'refs/heads/main' }).success).toBe(false);
});
