/** What every job carries: 1 KB. */
export const payload = { text: 'nightshift '.repeat(93).slice(0, 1010) };
