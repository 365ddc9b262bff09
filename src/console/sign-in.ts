import { renderPage } from './layout.ts';
import { html } from './markup.ts';

export interface SignInPage {
  /** Where it leads to. */
  readonly next: string;
  /** What was wrong with the key that was sent, or why one is asked for. */
  readonly fault?: string | undefined;
}

/** The page where people show their key. */
export function renderSignIn({ next, fault }: SignInPage): string {
  const content = html`<div class="sign-in"><h1>Sign in</h1>
${fault !== undefined && html`<p class="fault" role="alert" id="fault">${fault}</p>`}
<form method="post" action="/login"><input type="hidden" name="next" value="${next}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autofocus autocomplete="current-password" spellcheck="false"
 maxlength="200" placeholder="nsk_…"${fault !== undefined && html` aria-invalid="true" aria-describedby="fault"`}>
<button class="primary">Sign in</button></form>
<p class="hint">The session has the rights of the key, and ends with it or after 12 hours. Keys are made with
<code>nightshift key create</code>.</p></div>`;
  return renderPage({ title: 'Sign in', content });
}
