/** What a reader of an HTML mail sees, and the links behind it. */
export interface HtmlText {
  readonly text: string;
  readonly links: readonly Link[];
  /** Lower-case names of the tags in it, each once. */
  readonly tags: ReadonlySet<string>;
  /** True when text was left out because a style hides it. */
  readonly hasHiddenText: boolean;
}

export interface Link {
  /** What is shown. */
  readonly text: string;
  /** Where it leads. */
  readonly target: string;
}

const blocks = new Set(
  'p div br tr li ul ol table h1 h2 h3 h4 h5 h6 hr blockquote pre section article header footer center'.split(
    ' ',
  ),
);
const unseen = new Set(['script', 'style', 'title', 'head', 'noscript', 'template']);
const voids = new Set('br hr img input meta link area base col wbr'.split(' '));
const maxLinks = 500;

/** Reads HTML in one pass, whatever it is; hidden text is left out. Never throws, linear in its length. */
export function readHtml(html: string): HtmlText {
  const reader = openReader();
  let position = 0;
  while (position < html.length) {
    const open = html.indexOf('<', position);
    if (open < 0) break;
    if (open > position) reader.text(html.slice(position, open));
    position = readTag(html, open, reader);
  }
  if (position < html.length) reader.text(html.slice(position));
  return reader.result();
}

function readTag(html: string, open: number, reader: Reader): number {
  if (html.startsWith('<!--', open)) return endOr(html.indexOf('-->', open + 4), 3, html.length);
  const next = html[open + 1] ?? '';
  if (!/[a-z/!?]/i.test(next)) {
    reader.text('<');
    return open + 1;
  }
  const close = endOr(html.indexOf('>', open), 1, html.length);
  reader.tag(html.slice(open + 1, close - 1));
  return close;
}

function endOr(at: number, length: number, otherwise: number): number {
  return at < 0 ? otherwise : at + length;
}

interface Reader {
  text(text: string): void;
  tag(tag: string): void;
  result(): HtmlText;
}

function openReader(): Reader {
  const pieces: string[] = [];
  const links: Link[] = [];
  const tags = new Set<string>();
  let link: { target: string; from: number } | undefined;
  let hiding: { name: string; depth: number } | undefined;
  let hasHiddenText = false;

  function closeLink(): void {
    if (link && links.length < maxLinks)
      links.push({ target: link.target, text: squeeze(pieces.slice(link.from).join('')) });
    link = undefined;
  }

  return {
    text(text) {
      if (!hiding) pieces.push(decodeEntities(text));
      else if (!unseen.has(hiding.name) && text.trim() !== '') hasHiddenText = true;
    },
    tag(tag) {
      const isEnd = tag[0] === '/';
      const name = (/^\/?([a-z][a-z0-9]*)/i.exec(tag)?.[1] ?? '').toLowerCase();
      if (hiding) {
        if (name === hiding.name) hiding.depth += isEnd ? -1 : 1;
        if (hiding.depth <= 0) hiding = undefined;
        return;
      }
      if (name !== '' && tags.size < 100) tags.add(name);
      if (blocks.has(name)) pieces.push('\n');
      else if (name === 'td' || name === 'th') pieces.push(' ');
      if (name === 'a') closeLink();
      if (isEnd) return;
      const target = name === 'a' ? attribute(tag, 'href') : '';
      if (target !== '') link = { target: decodeEntities(target), from: pieces.length };
      if (!tag.endsWith('/') && !voids.has(name) && (unseen.has(name) || isHidden(tag)))
        hiding = { name, depth: 1 };
    },
    result() {
      closeLink();
      return { text: tidy(pieces.join('')), links, tags, hasHiddenText };
    },
  };
}

function isHidden(tag: string): boolean {
  const style = tag.includes('style') || tag.includes('STYLE') ? attribute(tag, 'style') : '';
  return /display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all/i.test(
    style,
  );
}

/** The value of an attribute of a tag's text, or ''. */
function attribute(tag: string, name: string): string {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? '';
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
  pound: '£',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
  laquo: '«',
  raquo: '»',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  ecirc: 'ê',
  agrave: 'à',
  acirc: 'â',
  ccedil: 'ç',
  ocirc: 'ô',
  ucirc: 'û',
  icirc: 'î',
  ntilde: 'ñ',
  aacute: 'á',
  iacute: 'í',
  oacute: 'ó',
  uacute: 'ú',
};

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});?/gi, decodeEntity);
}

function decodeEntity(entity: string): string {
  const name = entity.slice(1).replace(';', '');
  if (!name.startsWith('#')) return entities[name] ?? entities[name.toLowerCase()] ?? entity;
  const isHex = /^#x/i.test(name);
  const point = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : ' ';
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function tidy(text: string): string {
  return text
    .replaceAll(/[ \t\r\f\u00a0\u200b-\u200f\u00ad\ufeff]+/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
