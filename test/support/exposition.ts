/** One line of Prometheus's text format. */
export interface SeriesLine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scrape said. */
export interface Scraped {
  readonly lines: readonly SeriesLine[];
  /** The value of the one series with these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** The names of the metrics, by their `# TYPE`. */
  readonly names: readonly string[];
}

export function readExposition(text: string): Scraped {
  const lines = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readLine);
  const has = (line: SeriesLine, labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([label, value]) => line.labels[label] === value);
  return {
    lines,
    names: [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!),
    value: (name, labels = {}) =>
      lines.find((line) => line.name === name && has(line, labels))?.value,
  };
}

function readLine(line: string): SeriesLine {
  const [, name, labels = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
  return { name: name!, labels: Object.fromEntries(pairs), value: Number(value) };
}
