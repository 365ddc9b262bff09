import { z } from 'zod';
import { serverUrl } from '../core/option.ts';

/** What a process tells of itself, and to whom. */
export const monitoringOptions = z.strictObject({
  otlpUrl: serverUrl(['http:', 'https:'], 'http://localhost:4318')
    .exactOptional()
    .describe(
      'The OpenTelemetry collector that traces go to (OTLP over HTTP, protobuf): of requests, runs, attempts and steps. Without it there are none.',
    ),
});

export type MonitoringOptions = z.output<typeof monitoringOptions>;
