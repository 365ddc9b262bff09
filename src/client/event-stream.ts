/** One event of a stream, as the HTML standard has it (server-sent events). */
export interface StreamEvent {
  /** The last id that was said, by this event or one before. */
  readonly id: string;
  /** `message` where none is named. */
  readonly name: string;
  readonly data: string;
}

/** Reads an event stream piece by piece, wherever the pieces are cut. */
export interface EventReader {
  /** The events that end in this piece. */
  read(piece: Uint8Array): StreamEvent[];
  /** The id of the last event, for `Last-Event-ID`. */
  readonly lastId: string;
  /** How long the server asks to wait before coming again; undefined while it has not said. */
  readonly retryMs: number | undefined;
}

/**
 * A reader by the standard: lines end with CR, LF or both; a colon begins a comment; one space behind a field's
 * colon is no part of it; data of several lines are joined; an id with NUL is ignored; what is not ended by an
 * empty line is no event.
 */
export function openEventReader(lastId = ''): EventReader {
  const decoder = new TextDecoder(); // drops the byte order mark, and replaces what is not UTF-8
  let rest = '';
  let endsWithCr = false;
  let data: string[] = [];
  let name = '';
  let id = lastId;
  let known = lastId;
  let retryMs: number | undefined;

  function readLine(line: string): StreamEvent | undefined {
    if (line === '') return dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
    return undefined;
  }

  function dispatch(): StreamEvent | undefined {
    known = id;
    const event =
      data.length > 0 ? { id, name: name || 'message', data: data.join('\n') } : undefined;
    data = [];
    name = '';
    return event;
  }

  return {
    get lastId() {
      return known;
    },
    get retryMs() {
      return retryMs;
    },
    read(piece) {
      let text = decoder.decode(piece, { stream: true });
      if (text === '') return [];
      // A CR that ended the last piece has ended its line already.
      if (endsWithCr && text.startsWith('\n')) text = text.slice(1);
      endsWithCr = text.endsWith('\r');
      const lines = (rest + text).split(/\r\n|\r|\n/);
      rest = lines.pop() ?? '';
      return lines.flatMap((line) => readLine(line) ?? []);
    },
  };
}
