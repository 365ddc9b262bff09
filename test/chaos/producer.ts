import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../examples/generator/random.ts';
import { type Acceptor, Unanswered } from './accepting.ts';
import type { Mix } from './jobs.ts';
import { type MeddlingServices, meddle, nameError } from './meddling.ts';
import { drawBurst, type Offer } from './offer.ts';

/** A seeded stream of runs from one process, at a steady pace until it is told to finish. */
export interface Producer {
  killAtAccept(pid: number): void;
  /** Resolves once the share is accepted and nobody is about to touch a run of it. */
  finish(): Promise<void>;
}

export interface ProducerOptions extends MeddlingServices {
  readonly seed: number;
  readonly runs: number;
  readonly mix: Mix;
  readonly everyMs: number;
  readonly acceptor: Acceptor;
}

/** What faults kept from being offered is made up for this many times as fast, once they are over. */
const hurry = 3;

export function startProducer(options: ProducerOptions): Producer {
  const { runs, mix, everyMs, tell, acceptor } = options;
  const random = createRandom(options.seed);
  let made = 0;
  let finishing = false;
  let victim: number | undefined;

  async function make(offer: Offer): Promise<void> {
    tell(offered(offer));
    const { mark, job } = offer;
    const began = performance.now();
    let accepted: Awaited<ReturnType<Acceptor['accept']>>;
    try {
      accepted = await acceptor.accept(offer);
    } catch (error) {
      const says = nameError(error);
      if (error instanceof Unanswered) tell({ kind: 'unanswered', mark, says });
      else tell({ kind: 'refused', mark, says, tookMs: performance.now() - began });
      return;
    }
    if (accepted === 'rolled back') return tell({ kind: 'rolled back', mark });
    const { id: run, existing } = accepted;
    tell({ kind: 'accepted', mark, run, job, ...(existing && { existing }) });
    if (victim !== undefined) strikeNow(victim);
    if (existing) return;
    made++;
    await meddle(options, run, offer.meddling);
  }

  async function produce(): Promise<void> {
    const offers: Promise<void>[] = [];
    while (!finishing || made < runs) {
      offers.push(...drawBurst(random, mix).map(make));
      await sleep(finishing ? everyMs / hurry : everyMs);
    }
    await Promise.all(offers);
    await acceptor.drained();
  }

  const produced = produce();
  return {
    killAtAccept(pid) {
      victim = pid;
    },
    finish() {
      finishing = true;
      return produced;
    },
  };

  function strikeNow(pid: number): void {
    victim = undefined;
    process.kill(pid, 'SIGKILL');
    console.log('struck');
  }
}

function offered({ mark, job, delayMs, expiresMs, key, isBad }: Offer) {
  return {
    kind: 'offered',
    mark,
    job,
    delayMs,
    ...(expiresMs !== undefined && { expiresMs }),
    ...(key !== undefined && { key }),
    ...(isBad && { isBad }),
  } as const;
}
