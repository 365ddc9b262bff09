export { openOutages } from './outages.ts';
export { stopOnSignals } from './shutdown.ts';
