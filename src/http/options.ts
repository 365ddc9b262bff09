import { z } from 'zod';
import { listOf, matching, oneOf, text, wholeNumber } from '../core/option.ts';

/** Where `web` and `start` listen when PORT is not set. */
export const usualPort = 2300;

/** Where a process answers over HTTP. */
export const httpOptions = z.strictObject({
  port: wholeNumber(0, 65_535)
    .exactOptional()
    .describe(
      `The port that \`web\` and \`start\` serve the API on, ${usualPort} when it is not set; 0 takes any that is free. A worker or control process serves \`/health\` and \`/metrics\` on it, and nothing when it is not set.`,
    ),
  host: matching(/^[\w.:-]+$/, 'an address or name of this machine, such as 127.0.0.1 or 0.0.0.0')
    .prefault('127.0.0.1')
    .describe(
      'The address that PORT is opened on. The API needs a key, which goes over the wire as it is: let other machines reach it through a proxy that speaks TLS.',
    ),
  hosts: listOf(/^[\w.-]+$/, 'names such as jobs.example.com')
    .prefault('')
    .describe(
      'Names that the API is called by, with commas between them. A request for another host is refused; with none set, only where NIGHTSHIFT_HOST is an address of this machine alone (DNS rebinding).',
    ),
  corsOrigins: listOf(/^https?:\/\/[\w.:[\]-]+$/, 'origins such as https://app.example.com')
    .prefault('')
    .describe(
      'Origins whose pages may call the API, with commas between them. None may when it is not set.',
    ),
  trustedProxies: listOf(/^[\da-fA-F.:]+(\/\d{1,3})?$/, 'addresses or networks such as 10.0.0.0/8')
    .prefault('')
    .describe(
      'Proxies in front of the API, whose X-Forwarded-For, -Host and -Proto are believed, with commas between them.',
    ),
  strangersPerMinute: wholeNumber(1, 10_000_000)
    .prefault('12000')
    .describe(
      'Requests a minute that one address may send without a key that is known, to one process.',
    ),
  connections: wholeNumber(1, 1_000_000)
    .prefault('10000')
    .describe('Connections that the API holds at a time; those beyond are closed at once.'),
  metrics: oneOf(['key', 'open'])
    .prefault('key')
    .describe(
      'Whether `/metrics` asks for a key with the permission metrics:read where NIGHTSHIFT_HOST lets other machines reach it, or is open to them. On an address of this machine alone it asks nobody.',
    ),
  tlsCert: text('a path')
    .exactOptional()
    .describe(
      'A PEM file with the certificate and those between it and its root. With it and NIGHTSHIFT_TLS_KEY the API is served by HTTPS; when a file changes, new connections have what is in it within 10 s.',
    ),
  tlsKey: text('a path')
    .exactOptional()
    .describe('A PEM file with the key of NIGHTSHIFT_TLS_CERT.'),
});

export type HttpOptions = z.output<typeof httpOptions>;
