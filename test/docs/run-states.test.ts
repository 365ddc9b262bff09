import { expect, test } from 'vitest';
import { finalStates, legalMoves, runStates } from '../../src/core/run.ts';
import { listCodeBlocks, listInlineCode, listRows, readText } from './pages.ts';

const page = readText('docs/run-states.md');

test('the table lists every state, with the states that may follow', () => {
  const rows = listRows(page, 'state | what it means').map(([state = '', , next = '']) => [
    listInlineCode(state)[0],
    listInlineCode(next),
  ]);
  expect(rows).toEqual(runStates.map((state) => [state, legalMoves[state]]));
});

test('the picture shows every move, and no other', () => {
  const picture = listCodeBlocks(page).find(({ language }) => language === 'mermaid')!.code;
  const arrows = [...picture.matchAll(/^ +(\S+) --> (\S+)$/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  const moves = runStates.flatMap((from) => legalMoves[from].map((to) => `${from} ${to}`));
  const lasting = finalStates.filter((state) => legalMoves[state].length === 0);
  expect(arrows.sort()).toEqual(
    ['[*] queued', '[*] blocked', ...moves, ...lasting.map((state) => `${state} [*]`)].sort(),
  );
});

test('every move has its cause', () => {
  const told = listRows(page, 'move | what does it').flatMap(([move = '']) => {
    const [from = [], to = []] = move.split('→').map((side) => listInlineCode(side));
    return from.flatMap((one) => to.map((next) => `${one} ${next}`));
  });
  const moves = runStates.flatMap((from) => legalMoves[from].map((to) => `${from} ${to}`));
  expect(moves).toEqual(expect.arrayContaining(told));
  expect(told).toEqual(expect.arrayContaining(moves));
});
