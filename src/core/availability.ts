/**
 * Hears whether a server answers: `fault` says why it does not, and is undefined once it does again.
 * Called for every failure, and once when the server is back; whoever hears it decides what to say.
 */
export type OnAvailability = (server: string, fault: string | undefined) => void;

/** What is known of one server. */
export interface Availability {
  isAway(reason: string): void;
  answers(): void;
}

/** Tells `hear` of each failure of `server`, and of the first success after one. */
export function openAvailability(server: string, hear: OnAvailability = () => {}): Availability {
  let away = false;
  return {
    isAway(reason) {
      away = true;
      hear(server, reason);
    },
    answers() {
      if (!away) return;
      away = false;
      hear(server, undefined);
    },
  };
}
