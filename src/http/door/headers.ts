import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { DoorOptions } from './options.ts';

/** The headers by which browsers are kept in bounds, the same with every answer: Helmet is asked for them once. */
export function safeHeaders({
  corsOrigins,
  tls,
}: Pick<DoorOptions, 'corsOrigins' | 'tls'>): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'permissions-policy': permissions };
  const collector = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => {},
  } as unknown as ServerResponse;
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: tls ? { maxAge: yearSeconds, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
  });
  protect({} as IncomingMessage, collector, (error) => {
    if (error instanceof Error) throw error;
  });
  return headers;
}

const yearSeconds = 31_536_000;

const directives = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
};

const permissions = ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'display-capture']
  .map((feature) => `${feature}=()`)
  .join(', ');
