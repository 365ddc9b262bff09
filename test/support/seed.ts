import { createRandom, type Random } from '../../examples/generator/random.ts';

/** Chance that can be had again: the seed is `NIGHTSHIFT_TEST_SEED`, or new, and is printed. */
export function openChance(what: string): { readonly seed: number; readonly random: Random } {
  const seed = Number(process.env['NIGHTSHIFT_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${what}: NIGHTSHIFT_TEST_SEED=${seed}`);
  return { seed, random: createRandom(seed) };
}
