export { type Control, type ControlOptions, openControl } from './control.ts';
export { type DutyRow, listDuties } from './queries.ts';
