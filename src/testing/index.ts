export { type Clock, openClock } from './clock.ts';
export {
  openTestbed,
  type RunJobOptions,
  runJob,
  type Testbed,
  type TestedRun,
} from './run-job.ts';
