import { githubReviews } from '../src/core/github-reviews.ts';
import { collectHooks, defineHook, type Hook } from '../src/core/hook.ts';
import { githubSignature } from '../src/core/hook-scheme.ts';

/**
 * The webhooks of this installation: who signs them, and which of their events trigger which job. Add yours here; the
 * secrets of a hook are in NIGHTSHIFT_HOOK_<NAME>_SECRETS, and without one it takes nothing.
 */
export function hooksOf(): readonly Hook[] {
  return collectHooks([
    defineHook({
      name: 'github',
      summary: 'Reviews the pull requests and pushes of GitHub repositories.',
      scheme: githubSignature,
      on: githubReviews('code-review'),
    }),
  ]);
}
