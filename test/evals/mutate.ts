/** Numbers in [0, 1) that a seed fixes (mulberry32). */
export function openRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A damaged copy: bytes flipped, a piece cut out, doubled or moved, or the end cut off. */
export function mutate(raw: Buffer, random: () => number): Buffer {
  const at = Math.floor(random() * raw.length);
  const to = Math.min(raw.length, at + Math.floor(random() * 400));
  const piece = raw.subarray(at, to);
  const kinds = [
    () => flip(raw, random),
    () => Buffer.concat([raw.subarray(0, at), raw.subarray(to)]),
    () => Buffer.concat([raw.subarray(0, to), piece, raw.subarray(to)]),
    () => raw.subarray(0, at),
    () => Buffer.concat([piece, raw]),
  ];
  return kinds[Math.floor(random() * kinds.length)]!();
}

function flip(raw: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(raw);
  for (let i = 0; i < 20; i++)
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}
