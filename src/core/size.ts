import { Failure } from './errors.ts';

/** An amount of memory as people write it, in units of 1024: `256mb`, `2gb`. */
export type Size = `${number}${'mb' | 'gb'}`;

const unitMb = { mb: 1, gb: 1024 };

/** Whole megabytes (1024² bytes) of a size; throws `size.invalid` for anything else. */
export function sizeMb(size: string): number {
  const match = /^(\d+(?:\.\d+)?)(mb|gb)$/.exec(size);
  if (!match) throw new Failure('size.invalid', { value: size });
  return Math.round(Number(match[1]) * unitMb[match[2] as 'mb' | 'gb']);
}
