/** What the tests use of mailparser, which ships no types. */
declare module 'mailparser' {
  export interface ParsedAddress {
    readonly text: string;
    readonly value: readonly { readonly address?: string; readonly name: string }[];
  }
  export interface ParsedMail {
    readonly from?: ParsedAddress;
    readonly subject?: string;
    readonly text?: string;
    readonly html?: string | false;
    readonly messageId?: string;
    readonly inReplyTo?: string;
    readonly attachments: readonly { readonly filename?: string; readonly contentType: string }[];
  }
  export function simpleParser(source: Buffer): Promise<ParsedMail>;
}
