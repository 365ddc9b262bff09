import { deflateSync, inflateSync } from 'node:zlib';
import { type FeatureSet, featureGroups } from './feature-set.ts';
import type { Seen } from './fisher.ts';
import { openTallyTable, type TallyTable } from './tally-table.ts';

/** What was counted in mails that a person sorted: per feature, how many spam and ham mails have it. */
export interface FeatureCounts {
  readonly mails: () => Seen;
  seen(hash: number): Seen | undefined;
  learn(features: FeatureSet, side: keyof Seen): void;
  /** The counts as they are shipped. */
  toModel(): CountsModel;
}

/** Counts as JSON: `features` is base64 of deflated steps between sorted hashes and their counts, each LEB128. */
export interface CountsModel {
  readonly mails: Seen;
  readonly features: string;
}

const noCounts: CountsModel = { mails: { spam: 0, ham: 0 }, features: '' };

/** Counts that go on from `model`, or from nothing. */
export function openCounts(model: CountsModel = noCounts): FeatureCounts {
  // A tally is spam in the upper half of 32 bits, ham in the lower.
  const table = unpack(model.features);
  const mails = { ...model.mails };
  return {
    mails: () => mails,
    seen(hash) {
      const tally = table.get(hash);
      return tally === 0 ? undefined : { spam: tally >>> 16, ham: tally & 0xffff };
    },
    learn(features, side) {
      mails[side]++;
      for (const group of featureGroups)
        for (const hash of features.hashes(group)) table.add(hash, side === 'spam' ? 0x10000 : 1);
    },
    toModel: () => ({ mails: { ...mails }, features: pack(table) }),
  };
}

function pack(table: TallyTable): string {
  const { keys, tallies } = table.sorted();
  const bytes: number[] = [];
  writeNumber(bytes, keys.length);
  for (let at = 0; at < keys.length; at++) writeNumber(bytes, keys[at]! - (keys[at - 1] ?? 0));
  // Apart from the steps, since bytes alike deflate better side by side.
  for (const tally of tallies) {
    writeNumber(bytes, tally >>> 16);
    writeNumber(bytes, tally & 0xffff);
  }
  return deflateSync(Uint8Array.from(bytes), { level: 9 }).toString('base64');
}

function writeNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

function unpack(features: string): TallyTable {
  if (features === '') return openTallyTable();
  const read = openReader(inflateSync(Buffer.from(features, 'base64')));
  const hashes = new Uint32Array(read());
  for (let at = 0; at < hashes.length; at++) hashes[at] = (hashes[at - 1] ?? 0) + read();
  const table = openTallyTable(hashes.length);
  for (const hash of hashes) table.add(hash, read() * 0x10000 + read());
  return table;
}

function openReader(bytes: Uint8Array): () => number {
  let at = 0;
  return () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
}
