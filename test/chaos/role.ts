/** The kinds of process of the product; `all` is the one process of the embedded footprint. */
export type Role = 'worker' | 'control' | 'web' | 'all';

/** True when a process of `role` does the work of `part`. */
export function includesRole(role: Role, part: Exclude<Role, 'all'>): boolean {
  return role === 'all' || role === part;
}
