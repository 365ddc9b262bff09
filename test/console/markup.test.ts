import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from '../../src/console/markup.ts';

test('whatever text is put into a template stays text, in elements and in attributes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { text: made } = html`<a title="${text}">${[text, text]}</a>`;
      const inside = made.slice('<a title="'.length, -'</a>'.length);
      expect(inside.match(/["'<>`]/g)).toEqual(['"', '>']);
      expect(inside.match(/&(?!#\d+;)/)).toBeNull();
    }),
  );
});

test('markup in markup is taken as it is, and nothing of what is not there', () => {
  const inner = html`<b>${'<'}</b>`;
  expect(html`${inner}${[inner, 'x', 0]}${null}${undefined}${false}`.text).toBe(
    '<b>&#60;</b><b>&#60;</b>x0',
  );
});

test('what only looks like markup is text', () => {
  const faked = { text: '<script>' } as never;
  expect(() => html`${faked}`.text).toThrow('is not a function');
  expect(html`Hello!${'<'}`.text).toBe('Hello!&#60;');
});
