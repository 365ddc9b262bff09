import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../examples/generator/random.ts';
import { type Acceptor, Unanswered } from './accepting.ts';
import type { Mix } from './jobs.ts';
import { type MeddlingServices, meddle, nameError } from './meddling.ts';
import { drawOffer, type Offer } from './offer.ts';

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

export function startProducer(options: ProducerOptions): Producer {
  const { runs, mix, everyMs, tell, acceptor } = options;
  const random = createRandom(options.seed);
  let accepted = 0;
  let finishing = false;
  let victim: number | undefined;

  async function make(offer: Offer): Promise<void> {
    tell(offered(offer));
    const { mark, job } = offer;
    const began = performance.now();
    let run: string;
    try {
      run = await acceptor.accept(offer);
    } catch (error) {
      const says = nameError(error);
      if (error instanceof Unanswered) tell({ kind: 'unanswered', mark, says });
      else tell({ kind: 'refused', mark, says, tookMs: performance.now() - began });
      return;
    }
    if (run === 'rolled back') return tell({ kind: 'rolled back', mark });
    tell({ kind: 'accepted', mark, run, job });
    if (victim !== undefined) strikeNow(victim);
    accepted++;
    await meddle(options, run, offer.meddling);
  }

  async function produce(): Promise<void> {
    const offers: Promise<void>[] = [];
    while (!finishing || accepted < runs) {
      offers.push(make(drawOffer(random, mix)));
      await sleep(everyMs);
    }
    await Promise.all(offers);
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

function offered({ mark, job, delayMs, expiresMs, isBad }: Offer) {
  return {
    kind: 'offered',
    mark,
    job,
    delayMs,
    ...(expiresMs !== undefined && { expiresMs }),
    ...(isBad && { isBad }),
  } as const;
}
