import { describe, expect, test } from 'vitest';
import { parseMail } from '../../../../jobs/mail-triage/mail/mail.ts';
import { knowPeople, meetPeople } from '../../../../jobs/mail-triage/people/acquaintance.ts';
import { composeMail, type MailText } from '../compose.ts';

const nothing = { contacts: [], letters: [] };
const grace = 'Grace Hopper <grace@harbour.example>';
const meet = (mails: readonly (MailText & { id?: string })[]) =>
  meetPeople(
    mails.map((mail, at) => ({ id: mail.id ?? `${at}.eml`, mail: parseMail(composeMail(mail)) })),
  );
const know = (...mails: (MailText & { id?: string })[]) => knowPeople(nothing, meet(mails));

describe('the owner', () => {
  test('is whom one mail is addressed to', () => {
    expect(know({ to: grace }).owner).toBe('grace@harbour.example');
  });

  test('is the same in received and sent mail', () => {
    const { owner } = know(
      { from: 'Ada <ada@x.example>', to: grace },
      { from: 'Bob <bob@y.example>', to: `Ada <ada@x.example>, ${grace}` },
      { from: grace, to: 'Ada <ada@x.example>' },
      { from: grace, to: 'Bob <bob@y.example>' },
    );
    expect(owner).toBe('grace@harbour.example');
  });

  test('is who wrote what lies in a Sent folder', () => {
    const { owner } = know(
      { id: 'Sent/1.eml', from: grace, to: 'Ada <ada@x.example>' },
      { id: 'Sent/2.eml', from: grace, to: 'Ada <ada@x.example>' },
    );
    expect(owner).toBe('grace@harbour.example');
  });

  test('is not the mailing list that most mails are addressed to', () => {
    const list = { to: 'list@lists.example', headers: { 'List-Id': '<list.lists.example>' } };
    const { owner } = know(
      ...['a', 'b', 'c'].map((name) => ({ ...list, from: `${name}@x.example` })),
      { from: 'd@x.example', to: grace },
      { ...list, headers: { ...list.headers, 'Delivered-To': 'grace@harbour.example' } },
    );
    expect(owner).toBe('grace@harbour.example');
  });

  test('is nobody while two have as many mails', () => {
    expect(
      know({ from: 'a@x.example', to: 'b@x.example' }, { from: 'b@x.example', to: 'a@x.example' })
        .owner,
    ).toBeUndefined();
  });

  test('counts mails of earlier batches', () => {
    const earlier = meet(Array.from({ length: 5 }, () => ({ to: grace })));
    const later = meet([{ from: grace, to: 'Ada <ada@x.example>' }]);
    expect(knowPeople(earlier, later).owner).toBe('grace@harbour.example');
  });
});

describe('people', () => {
  const people = know(
    { to: grace },
    { from: 'Linus Berg <linus@harbour.example>', to: grace },
    { from: 'Mona Fjord <mona@fjordline.example>', to: grace },
    { from: grace, to: 'Mona Fjord <mona@fjordline.example>' },
    { from: grace, to: 'Kim <kim.berger@gmail.com>' },
  );

  test.each([
    ['mona@fjordline.example', true],
    ['someone-else@fjordline.example', true],
    ['linus@harbour.example', true],
    ['kim.berger@gmail.com', true],
    ['stranger@gmail.com', false],
    ['sales@unheard.example', false],
  ])('%s is known: %s', (address, isKnown) => {
    expect(people.isKnown(address)).toBe(isKnown);
  });

  test('a borrowed name is told by its address', () => {
    const borrowed = { name: 'Linus Berg', address: 'boss.linus@freebox.example' };
    expect(people.findNamesake(borrowed)).toBe('linus@harbour.example');
    expect(people.findNamesake({ ...borrowed, name: 'Linus' })).toBeUndefined();
    expect(
      people.findNamesake({ name: 'Linus Berg', address: 'linus@harbour.example' }),
    ).toBeUndefined();
  });

  test.each([
    ['habrour.example', 'harbour.example'],
    ['harb0ur.example', 'harbour.example'],
    ['fjordlines.example', 'fjordline.example'],
    ['harbour.example', undefined],
    ['orchard.example', undefined],
  ])('%s is nearly %s', (domain, known) => {
    expect(people.findMistakenDomain(domain)).toBe(known);
  });
});
