import { z } from 'zod';
import { defineTrigger, type Mapped, type Trigger } from './hook.ts';

/** What a code review is asked for: one change of a repository, between two commits. */
export interface ReviewRequest {
  readonly kind: 'pull_request' | 'push';
  /** `owner/name`. */
  readonly repository: string;
  readonly cloneUrl: string;
  readonly url: string;
  /** The branch that it goes to, without `refs/heads/`. */
  readonly branch: string;
  /** Where the change begins; null for the first push of a repository. */
  readonly base: string | null;
  /** The commit that is reviewed. */
  readonly head: string;
  readonly author: string;
  readonly title: string;
  /** The number of the pull request; null for a push. */
  readonly number: number | null;
  /** The repository that the commits of a pull request are in, where it is a fork. */
  readonly fork: string | null;
}

/** What GitHub's events trigger: a review of each pull request that is ready, and of each push to the default branch. */
export function githubReviews(job: string): Readonly<Record<string, Trigger>> {
  return {
    pull_request: defineTrigger({
      job,
      body: pullRequestEvent,
      map: ({ body }) => reviewPullRequest(body),
    }),
    push: defineTrigger({ job, body: pushEvent, map: ({ body }) => reviewPush(body) }),
  };
}

const commit = z.stringFormat('commit', /^[\da-f]{40}([\da-f]{24})?$/);
const repository = z.object({
  full_name: z.string().min(1),
  clone_url: z.url(),
  default_branch: z.string().min(1),
});

const pullRequestEvent = z.object({
  action: z.string(),
  repository,
  pull_request: z.object({
    number: z.int().positive(),
    title: z.string(),
    html_url: z.url(),
    draft: z.boolean().default(false),
    state: z.string(),
    user: z.object({ login: z.string() }).nullable(),
    base: z.object({ ref: z.string(), sha: commit }),
    // A fork that was deleted leaves no repository behind.
    head: z.object({ sha: commit, repo: z.object({ full_name: z.string() }).nullable() }),
  }),
});

const pushEvent = z.object({
  ref: z.string(),
  before: commit,
  after: commit,
  deleted: z.boolean(),
  compare: z.url(),
  repository,
  pusher: z.object({ name: z.string() }),
  head_commit: z.object({ message: z.string() }).nullable(),
});

/** Actions after which there is something new to read. */
const readable = ['opened', 'reopened', 'synchronize', 'ready_for_review'];

function reviewPullRequest({
  action,
  repository,
  pull_request: pull,
}: z.output<typeof pullRequestEvent>): Mapped<ReviewRequest> {
  if (!readable.includes(action)) return nothing(`the action ${action} changes no code`);
  if (pull.draft) return nothing('the pull request is a draft');
  if (pull.state !== 'open') return nothing(`the pull request is ${pull.state}`);
  const { base, head } = pull;
  const from = head.repo?.full_name ?? null;
  return request({
    kind: 'pull_request',
    repository: repository.full_name,
    cloneUrl: repository.clone_url,
    url: pull.html_url,
    branch: base.ref,
    base: base.sha,
    head: head.sha,
    author: pull.user?.login ?? 'ghost',
    title: pull.title,
    number: pull.number,
    fork: from === repository.full_name ? null : from,
  });
}

const branches = 'refs/heads/';
const noCommit = /^0+$/;

function reviewPush(push: z.output<typeof pushEvent>): Mapped<ReviewRequest> {
  const { ref, before, after, repository } = push;
  if (!ref.startsWith(branches)) return nothing(`${ref} is no branch`);
  const branch = ref.slice(branches.length);
  if (push.deleted || noCommit.test(after)) return nothing(`the branch ${branch} was deleted`);
  if (branch !== repository.default_branch)
    return nothing(`${branch} is not the default branch; it is reviewed with its pull request`);
  if (before === after) return nothing('no commit was pushed');
  return request({
    kind: 'push',
    repository: repository.full_name,
    cloneUrl: repository.clone_url,
    url: push.compare,
    branch,
    base: noCommit.test(before) ? null : before,
    head: after,
    author: push.pusher.name,
    title: push.head_commit?.message.split('\n')[0] ?? `Push to ${branch}`,
    number: null,
    fork: null,
  });
}

function nothing(reason: string): { readonly nothing: string } {
  return { nothing: reason };
}

/** The same change is reviewed once, however many events tell of it. */
function request(payload: ReviewRequest): Mapped<ReviewRequest> {
  const { kind, repository, number, branch, base, head } = payload;
  const what = number === null ? branch : `#${number}`;
  const key = `${kind} ${repository} ${what} ${base} ${head}`;
  return { payload, key: repository.slice(0, 255), unique: { key: key.slice(-255) } };
}
