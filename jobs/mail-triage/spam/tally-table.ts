/**
 * A hash table of 32-bit keys to 32-bit tallies, key and tally side by side in one typed array: it is built
 * in milliseconds where a Map of as many entries takes long, and a look costs one miss of the cache. The
 * key 0 is kept as 1.
 */
export interface TallyTable {
  /** 0 for a key that was never added to. */
  get(key: number): number;
  add(key: number, amount: number): void;
  /** Keys with their tallies, by key. */
  sorted(): { keys: Uint32Array; tallies: Uint32Array };
}

/** An empty table with room for `expected` keys before it grows. */
export function openTallyTable(expected = 1024): TallyTable {
  let capacity = 2 ** Math.ceil(Math.log2(Math.max(1024, expected) * 2));
  let cells = new Uint32Array(2 * capacity);
  let size = 0;

  /** Where the key is, or where it would be put. */
  function cellOf(key: number): number {
    let slot = key & (capacity - 1);
    while (cells[2 * slot] !== 0 && cells[2 * slot] !== key) slot = (slot + 1) & (capacity - 1);
    return 2 * slot;
  }

  function grow(): void {
    const old = cells;
    capacity *= 2;
    cells = new Uint32Array(2 * capacity);
    for (let cell = 0; cell < old.length; cell += 2)
      if (old[cell] !== 0) cells.set(old.subarray(cell, cell + 2), cellOf(old[cell]!));
  }

  return {
    get: (key) => cells[cellOf(key || 1) + 1]!,
    add(key, amount) {
      const cell = cellOf(key || 1);
      if (cells[cell] === 0) size++;
      cells[cell] = key || 1;
      cells[cell + 1]! += amount;
      if (size * 2 > capacity) grow();
    },
    sorted() {
      const keys = cells.filter((key, at) => at % 2 === 0 && key !== 0).sort();
      return { keys, tallies: keys.map((key) => cells[cellOf(key) + 1]!) };
    },
  };
}
