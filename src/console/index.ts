export { renderDelivery } from './delivery-page.ts';
export type { Reader } from './layout.ts';
export { renderProblem } from './problem-page.ts';
export type { RunDetails } from './run-details.ts';
export { renderRunList } from './run-list.ts';
export { renderRun } from './run-page.ts';
export { renderSignIn } from './sign-in.ts';
export { icon, style } from './style.ts';
