/** What can be wrong with a request over HTTP, as the one table of failures has it. */
export const requestFailures = {
  'batch.refused': [
    'invalid',
    '{refused} of the {count} runs cannot be accepted, and nothing was: {faults}. Correct them, or send partial: true to accept the others.',
  ],
  'idempotency.key': [
    'invalid',
    'The Idempotency-Key {fault}; send 1 to 255 visible ASCII characters, such as a UUID.',
  ],
  'idempotency.reused': [
    'conflict',
    'The Idempotency-Key "{key}" came with another request within 24 h; send the same one again, or a key of its own.',
  ],
  'cursor.invalid': [
    'invalid',
    'The {name} is not one that was answered for {list}; begin without it, or copy the whole of it.',
  ],
  'wait.too_long': [
    'invalid',
    'A request can wait {most} at most, and {wait} was asked for; wait less, and ask for the run again.',
  ],
  'events.crowded': [
    'limited',
    'This process streams the events of {most} runs already; try again later, or ask for the run itself.',
  ],
  'request.json': [
    'invalid',
    'The body is not JSON: {reason}. Send one JSON value, as application/json.',
  ],
  'request.too_large': [
    'invalid',
    'The body has {size}, and {limit} are allowed; send less at a time, or a reference to what is large.',
  ],
  'request.unfinished': [
    'invalid',
    'The request did not come to its end in time, and nothing was done; send it again, faster.',
  ],
  'request.headers': [
    'invalid',
    'The headers are larger than 16 kb together; send fewer, or shorter ones.',
  ],
  'request.unreadable': ['invalid', 'This is no request of HTTP/1.1: {reason}.'],
  'request.media': ['invalid', 'The body is said to be {type}; send JSON, as application/json.'],
  'request.host': [
    'denied',
    'The host "{host}" is not one that this server is called by; call it by its address, or add the name to NIGHTSHIFT_HOSTS.',
  ],
  'request.origin': [
    'denied',
    'A page of {origin} may not change anything here; add its origin to NIGHTSHIFT_CORS to let it.',
  ],
  'request.forged': [
    'denied',
    'What people change by hand is changed from a page of this server, and this request came from {origin}. Open the page here, and do it there.',
  ],
  'delivery.missing': [
    'missing',
    'The queue of {job} has no delivery {id}: its runs have ended, or wait for another delivery. List them at /?job={job}.',
  ],
  'request.rate': [
    'limited',
    'This address has sent more than {max} requests in a minute without a key; try again in {seconds} s.',
  ],
  'request.slow': [
    'unavailable',
    'The request took longer than {seconds} s and was given up; what it asked for may have happened. Ask, and try again.',
  ],
  'http.tls': [
    'invalid',
    'TLS cannot be served with {cert} and {key}: {reason}. Set NIGHTSHIFT_TLS_CERT and NIGHTSHIFT_TLS_KEY to PEM files that fit.',
  ],
} as const;
