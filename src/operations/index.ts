export { stopOnSignals } from './shutdown.ts';
