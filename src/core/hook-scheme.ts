/** Where a part of a delivery stands: in a header, or at a path of the JSON body, as `data.id`. */
export type Place = { readonly header: string } | { readonly body: string };

/** How a sender signs: HMAC-SHA256, in the ways that are in use. Header names are written in lower case. */
export interface SignatureScheme {
  /** As people are shown it. */
  readonly name: string;
  readonly signature: {
    readonly header: string;
    /**
     * `single`: one signature behind the prefix. `list`: several behind it, with spaces between. `pairs`:
     * `t=…,v1=…,v1=…`, with the time in it; the prefix is the name of the signatures' pairs.
     */
    readonly form: 'single' | 'list' | 'pairs';
    readonly prefix: string;
    readonly encoding: 'hex' | 'base64';
  };
  /** What is signed: `{body}` with `{timestamp}` and `{id}` where the scheme has them. */
  readonly signed: string;
  /** The header with the time of signing in seconds since 1970; left out where none is signed, or `pairs` have it. */
  readonly timestamp?: string;
  /** The sender's own id of a delivery. */
  readonly id?: Place;
  /** What happened, in the sender's words. */
  readonly event?: Place;
  /** Seconds that the time of signing may be off. */
  readonly toleranceSeconds: number;
  /** The bytes of a secret: its text, or the base64 behind `whsec_`. */
  readonly secret: 'text' | 'whsec';
}

const tolerance = { toleranceSeconds: 300, secret: 'text' } as const;

/** GitHub: `X-Hub-Signature-256` over the raw body. No time and no id is signed, so that a body is taken once. */
export const githubSignature: SignatureScheme = {
  name: 'github',
  signature: {
    header: 'x-hub-signature-256',
    form: 'single',
    prefix: 'sha256=',
    encoding: 'hex',
  },
  signed: '{body}',
  id: { header: 'x-github-delivery' },
  event: { header: 'x-github-event' },
  ...tolerance,
};

/** Standard Webhooks (standardwebhooks.com): id, time and body are signed. */
export const standardWebhooks: SignatureScheme = {
  name: 'standard-webhooks',
  signature: { header: 'webhook-signature', form: 'list', prefix: 'v1,', encoding: 'base64' },
  signed: '{id}.{timestamp}.{body}',
  timestamp: 'webhook-timestamp',
  id: { header: 'webhook-id' },
  event: { body: 'type' },
  ...tolerance,
  secret: 'whsec',
};

/** Stripe: time and body are signed, and the body has the id of the event. */
export const stripeSignature: SignatureScheme = {
  name: 'stripe',
  signature: { header: 'stripe-signature', form: 'pairs', prefix: 'v1', encoding: 'hex' },
  signed: '{timestamp}.{body}',
  id: { body: 'id' },
  event: { body: 'type' },
  ...tolerance,
};

/** Slack: `v0:time:body`. */
export const slackSignature: SignatureScheme = {
  name: 'slack',
  signature: { header: 'x-slack-signature', form: 'single', prefix: 'v0=', encoding: 'hex' },
  signed: 'v0:{timestamp}:{body}',
  timestamp: 'x-slack-request-timestamp',
  id: { body: 'event_id' },
  event: { body: 'event.type' },
  ...tolerance,
};

/** A sender of one's own: hex of `timestamp.body` in `X-Signature`, the time in `X-Timestamp`; whatever differs is given. */
export function hmacSignature(differences: Partial<SignatureScheme> = {}): SignatureScheme {
  return {
    name: 'hmac',
    signature: { header: 'x-signature', form: 'single', prefix: '', encoding: 'hex' },
    signed: '{timestamp}.{body}',
    timestamp: 'x-timestamp',
    ...tolerance,
    ...differences,
  };
}

/** What is wrong with a scheme, each as a sentence. */
export function findSchemeFaults({ signature, signed, ...scheme }: SignatureScheme): string[] {
  const faults: string[] = [];
  const hasTime = scheme.timestamp !== undefined || signature.form === 'pairs';
  if (!signed.includes('{body}')) faults.push('scheme.signed: does not have {body} in it');
  if (signed.includes('{timestamp}') !== hasTime)
    faults.push('scheme.signed: a time counts only when it is signed, as {timestamp}');
  if (signed.includes('{id}') && !isHeader(scheme.id))
    faults.push('scheme.signed: {id} needs the header of an id');
  const headers = [signature.header, scheme.timestamp, headerOf(scheme.id), headerOf(scheme.event)];
  for (const header of headers)
    if (header !== undefined && !/^[a-z0-9-]+$/.test(header))
      faults.push(`scheme: "${header}" is not the name of a header in lower case`);
  if (!(scheme.toleranceSeconds > 0)) faults.push('scheme.toleranceSeconds: not more than none');
  return faults;
}

function isHeader(place: Place | undefined): place is { readonly header: string } {
  return place !== undefined && 'header' in place;
}

function headerOf(place: Place | undefined): string | undefined {
  return isHeader(place) ? place.header : undefined;
}
