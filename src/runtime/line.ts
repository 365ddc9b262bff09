/** The runs of one job in a worker: so many go on at a time, the others wait in the order in which they came. */
export interface Line {
  /** True when a run that came now would begin at once. */
  readonly hasRoom: boolean;
  /** Lets `begin` run for each of `runs` in its turn; a run has ended when the promise settles. */
  stand(runs: readonly string[], begin: (run: string) => Promise<void>): Standing;
}

/** The runs of one delivery in the line. */
export interface Standing {
  /** Those that have not begun. */
  readonly waiting: readonly string[];
  readonly begun: number;
  /** False while nothing may begin, whatever room there is. */
  readonly mayBegin: boolean;
  /** Takes these out of the line, unless they have begun, and lets those begin that may. */
  leave(gone: ReadonlySet<string>): void;
  /** Resolves when none waits and all that have begun have ended. */
  readonly ended: Promise<void>;
}

export interface LineOptions {
  /** Runs that go on at a time. */
  readonly limit: number;
  /** False while nothing may begin: the job is paused, or the worker stops. */
  mayBegin(): boolean;
  /** Called when `hasRoom` has changed. */
  onRoom(): void;
}

interface Group {
  /** The first `begun` of them have begun, and `busy` go on. */
  runs: readonly string[];
  begun: number;
  busy: number;
  begin(run: string): Promise<void>;
  end(): void;
}

export function openLine({ limit, mayBegin, onRoom }: LineOptions): Line {
  const groups = new Set<Group>();
  let busy = 0;
  let hadRoom = true;

  function moveOn(): void {
    for (const group of groups) {
      while (group.begun < group.runs.length && busy < limit && mayBegin()) start(group);
      if (group.begun < group.runs.length) break;
      groups.delete(group);
    }
    if (hadRoom === busy < limit) return;
    hadRoom = !hadRoom;
    onRoom();
  }

  function start(group: Group): void {
    const end = () => {
      busy--;
      group.busy--;
      endIfOver(group);
      moveOn();
    };
    busy++;
    group.busy++;
    group.begin(group.runs[group.begun++]!).then(end, end);
  }

  return {
    get hasRoom() {
      return busy < limit;
    },
    stand(runs, begin) {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const group: Group = { runs, begun: 0, busy: 0, begin, end };
      groups.add(group);
      moveOn();
      return {
        ended,
        get waiting() {
          return group.runs.slice(group.begun);
        },
        get begun() {
          return group.begun;
        },
        get mayBegin() {
          return mayBegin();
        },
        leave(gone) {
          group.runs = group.runs.filter((run, at) => at < group.begun || !gone.has(run));
          endIfOver(group);
          moveOn();
        },
      };
    },
  };
}

function endIfOver(group: Group): void {
  if (group.busy === 0 && group.begun === group.runs.length) group.end();
}
