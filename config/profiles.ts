import type { ProfileName } from './options.ts';
import type { VariableName } from './variables.ts';

/** What each profile changes in the defaults; whatever the environment sets is stronger. */
export const profiles: Readonly<Record<ProfileName, Partial<Record<VariableName, string>>>> = {
  minimal: { NIGHTSHIFT_CONCURRENCY: '2', NIGHTSHIFT_DATABASE_CONNECTIONS: '8' },
  development: { NIGHTSHIFT_LOG_LEVEL: 'debug', NIGHTSHIFT_GRACE: '5s' },
  full: {},
  testing: {
    NIGHTSHIFT_LOG_LEVEL: 'warn',
    NIGHTSHIFT_HEARTBEAT: '1s',
    NIGHTSHIFT_DETECTION: '3s',
    NIGHTSHIFT_GRACE: '2s',
    NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
  },
};
