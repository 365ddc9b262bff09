export { openCalendars } from './calendars.ts';
