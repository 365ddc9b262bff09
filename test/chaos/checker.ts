import {
  checkAcceptedOnce,
  checkAllOrNothing,
  checkKept,
  checkUnique,
} from './checks/acceptance.ts';
import {
  checkAlive,
  checkFenced,
  checkGone,
  checkRemembered,
  checkTogether,
} from './checks/attempts.ts';
import { checkNotEarly, checkNotLate, checkPaused } from './checks/beginnings.ts';
import { checkAlone } from './checks/bundles.ts';
import {
  checkBounded,
  checkEnded,
  checkOneEnd,
  checkRightEnd,
  checkToldTruly,
} from './checks/endings.ts';
import { checkChildren, checkSlept } from './checks/families.ts';
import { checkLimited } from './checks/limits.ts';
import { checkFired, checkOverlap } from './checks/schedules.ts';
import type { Check, Violation } from './checks/violation.ts';
import type { Evidence } from './evidence.ts';

/** Silence that counts as death, as low as one-second heartbeats allow. */
export const detectionMs = 3000;

/** Judges a history; empty when every invariant held. */
export function findViolations(evidence: Evidence): Violation[] {
  return checks.flatMap((check) => check(evidence));
}

const checks: readonly Check[] = [
  checkKept,
  checkAcceptedOnce,
  checkEnded,
  checkOneEnd,
  checkRightEnd,
  checkToldTruly,
  checkFenced,
  checkAlive(detectionMs),
  checkRemembered,
  checkTogether,
  checkNotEarly,
  checkNotLate,
  checkAllOrNothing,
  checkUnique,
  checkPaused,
  checkLimited,
  checkGone,
  checkBounded,
  checkAlone,
  checkFired,
  checkChildren,
  checkSlept,
  checkOverlap,
];
