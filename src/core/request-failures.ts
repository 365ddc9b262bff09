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
} as const;
