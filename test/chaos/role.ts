/** The kinds of process of the product; `all` is the one process of the embedded footprint. */
export const roles = ['worker', 'control', 'web', 'all'] as const;

export type Role = (typeof roles)[number];

/** True when a process of `role` does the work of `part`. */
export function includesRole(role: Role, part: Exclude<Role, 'all'>): boolean {
  return role === 'all' || role === part;
}
