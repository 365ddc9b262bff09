export { something } from './something.ts';
