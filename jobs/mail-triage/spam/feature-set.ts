/** Where a feature is from. Features of one group repeat each other, groups are nearly independent. */
export const featureGroups = [
  'received',
  'addresses',
  'subject',
  'words',
  'pairs',
  'links',
  'shape',
  'headers',
] as const;

export type FeatureGroup = (typeof featureGroups)[number];

/** Is told the text behind every hash, for explanations. */
export type NoteFeature = (hash: number, text: string) => void;

/** The features of one mail as 32-bit hashes, by group, each once. */
export interface FeatureSet {
  add(group: FeatureGroup, text: string): void;
  /** Adds a number that stands for a text, and returns its hash. */
  addNumber(group: FeatureGroup, number: number): number;
  hashes(group: FeatureGroup): ReadonlySet<number>;
  readonly note: NoteFeature | undefined;
}

/** Starts an empty set. */
export function openFeatureSet(note?: NoteFeature): FeatureSet {
  const groups = Object.fromEntries(
    featureGroups.map((group, at) => [
      group,
      { seed: Math.imul(at + 1, 0x9e3779b1), hashes: new Set<number>() },
    ]),
  ) as Record<FeatureGroup, { readonly seed: number; readonly hashes: Set<number> }>;

  function addNumber(group: FeatureGroup, number: number): number {
    const { seed, hashes } = groups[group];
    const hash = mix(number ^ seed);
    hashes.add(hash);
    return hash;
  }

  return {
    note,
    addNumber,
    add(group, text) {
      const hash = addNumber(group, hashText(text));
      note?.(hash, text);
    },
    hashes: (group) => groups[group].hashes,
  };
}

/** FNV-1a over UTF-16 units; ASCII capitals count as small letters, digits as 0: `19.99` is `00.00`. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    let unit = text.charCodeAt(at);
    if (unit >= 65 && unit <= 90) unit += 32;
    else if (unit >= 48 && unit <= 57) unit = 48;
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return hash;
}

/** Murmur3's finaliser: FNV alone spreads its high bits badly. 0 … 2³²-1. */
function mix(number: number): number {
  let hash = number ^ (number >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
