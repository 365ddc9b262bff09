/** A source of random choices that gives the same ones for the same seed on any machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True in `share` of all calls. */
  chance(share: number): boolean;
  /** One of `list`, which is not empty. */
  pick<Item>(list: readonly Item[]): Item;
  /** One name of `weights`, as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
}

/** Opens the generator mulberry32 (Tommy Ettinger, public domain) on a 32-bit seed. */
export function createRandom(seed: number): Random {
  const next = mulberry32(seed);
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (share) => next() < share,
    pick: <Item>(list: readonly Item[]) => list[between(0, list.length - 1)] as Item,
    weighted: (weights) => pickWeighted(weights, next()),
    hex: (length) => drawHex(next, length),
  };
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function drawHex(next: () => number, length: number): string {
  let digits = '';
  while (digits.length < length)
    digits += Math.floor(next() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0');
  return digits.slice(0, length);
}

function pickWeighted<Name extends string>(
  weights: Readonly<Record<Name, number>>,
  at: number,
): Name {
  const names = Object.keys(weights) as Name[];
  const total = names.reduce((sum, name) => sum + weights[name], 0);
  let rest = at * total;
  return names.find((name) => (rest -= weights[name]) < 0) ?? (names[0] as Name);
}
