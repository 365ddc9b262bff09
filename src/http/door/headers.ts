import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { DoorOptions } from './options.ts';

/** The headers by which browsers are kept in bounds, the same with every answer: Helmet is asked for them once. */
export function safeHeaders({
  corsOrigins,
}: Pick<DoorOptions, 'corsOrigins'>): Readonly<Record<string, string>> {
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
    // Said where the request came by TLS, to us or to a trusted proxy.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  protect({} as IncomingMessage, collector, (error) => {
    if (error instanceof Error) throw error;
  });
  return headers;
}

/** For an answer that goes by TLS: a browser comes by nothing else for a year. */
export const transportHeader = { 'strict-transport-security': 'max-age=31536000' } as const;

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
