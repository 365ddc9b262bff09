import type { ReportRow } from '../support/report.ts';

const rate = 'drained/s';
const bar = { left: 330, width: 420, height: 18, gap: 8 };

/** The rates of the measured rows as horizontal bars, one scale for each part: an SVG, the same for the same rows. */
export function drawChart(rows: readonly ReportRow[]): string {
  const parts = Map.groupBy(
    rows.filter((row) => row[rate] !== undefined && !String(row['part']).includes('sweep')),
    (row) => String(row['part']),
  );
  let y = 10;
  const drawn: string[] = [];
  for (const [part, some] of parts) {
    drawn.push(text(10, (y += 24), `${part}: jobs per second, drained`, 'font-weight="bold"'));
    y += 10;
    const most = Math.max(...some.map((row) => Number(row[rate])));
    for (const row of some) {
      drawn.push(drawBar(row, y, Number(row[rate]) / most));
      y += bar.height + bar.gap;
    }
  }
  const width = bar.left + bar.width + 90;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 10}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function drawBar(row: ReportRow, y: number, share: number): string {
  const what = String(row['what']);
  const width = Math.max(1, Math.round(share * bar.width));
  const fill = what.startsWith('nightshift') ? '#3a5fcd' : '#b0b0b0';
  const baseline = y + 14;
  return [
    text(bar.left - 10, baseline, what, 'text-anchor="end"'),
    `<rect x="${bar.left}" y="${y}" width="${width}" height="${bar.height}" fill="${fill}"/>`,
    text(bar.left + width + 6, baseline, Number(row[rate]).toLocaleString('en-US')),
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}
