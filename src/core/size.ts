import { Failure } from './errors.ts';

const unitBytes = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const;

type Unit = keyof typeof unitBytes;

/** An amount of data or memory as people write it, in units of 1024: `64kb`, `256mb`, `2gb`. */
export type Size = `${number}${Unit}`;

/** The bytes of a size; throws `size.invalid` for anything else. */
export function sizeBytes(size: string): number {
  const match = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/.exec(size);
  if (!match) throw new Failure('size.invalid', { value: size });
  return Math.round(Number(match[1]) * unitBytes[match[2] as Unit]);
}

/** Whole megabytes (1024² bytes) of a size; throws `size.invalid` for anything else. */
export function sizeMb(size: string): number {
  return Math.round(sizeBytes(size) / unitBytes.mb);
}

/** A size of `bytes` in the largest unit of which there is one: `340b`, `1.5mb`. */
export function formatBytes(bytes: number): string {
  const units = Object.entries(unitBytes).reverse();
  const [unit, size] = units.find(([, one]) => bytes >= one) ?? ['b', 1];
  return `${Number((bytes / size).toFixed(1))}${unit}`;
}
