export { type Control, openControl } from './control.ts';
