import { type DiskRoom, readRoom } from './disk.ts';
import type { Readings } from './exposition.ts';
import type { Taken } from './snapshot.ts';

export type Rooms = readonly (DiskRoom & { readonly folder: string })[];

/** The room of each folder, by its name; throws when one cannot be asked. */
export function readRooms(folders: Readonly<Record<string, string>>): Promise<Rooms> {
  return Promise.all(
    Object.entries(folders).map(async ([folder, path]) => ({ folder, ...(await readRoom(path)) })),
  );
}

export function diskReadings(latest: () => Taken<Rooms> | undefined): Readings {
  const each = (read: (room: DiskRoom) => number) => () =>
    (latest()?.value ?? []).map(({ folder, ...room }) => ({
      labels: { folder },
      value: read(room),
    }));
  return {
    nightshift_disk_free_bytes: each(({ freeBytes }) => freeBytes),
    nightshift_disk_size_bytes: each(({ sizeBytes }) => sizeBytes),
  };
}
