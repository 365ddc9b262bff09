import type { something } from './something.ts';

export interface Something {
  readonly name: string;
  readonly self?: typeof something;
}
