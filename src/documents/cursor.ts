import { z } from 'zod';

/** Where a page of decisions ended, and with a score, a page of hits. */
const positionSchema = z.object({ score: z.number(), at: z.coerce.date(), id: z.uuid() });

export type Position = z.infer<typeof positionSchema>;

/** `position` as the opaque text that a page is continued by. */
export function writeCursor({ score, at, id }: Position): string {
  return Buffer.from(JSON.stringify({ score, at, id })).toString('base64url');
}

/** A cursor as `writeCursor` wrote it; anything else is a fault of the input. */
export const cursorSchema = z.string().transform((text, context): Position => {
  const position = positionSchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (position.success) return position.data;
  context.addIssue({ code: 'custom', message: 'is not one that the page before returned' });
  return z.NEVER;
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
