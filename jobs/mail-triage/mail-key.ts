/** The key a mail is stored under: the mailbox's name and the mail's id in it. */
export function keyOf(mailbox: string, id: string): string {
  return `${mailbox}/${id}`;
}
