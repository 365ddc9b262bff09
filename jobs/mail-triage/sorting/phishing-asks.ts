/** One thing about a mail that a deceiver does, and how much it weighs. */
export interface PhishingSign {
  readonly weight: number;
  readonly reason: string;
}

interface Ask {
  readonly weight: number;
  readonly reason: string;
  readonly pattern: RegExp;
}

const alternatives = (...parts: string[]) => new RegExp(parts.join('|'));

/** What deceivers ask for and how they press, in small letters (a regular expression that minds case is faster) and in the languages most mail is written in. */
const asks: readonly Ask[] = [
  {
    weight: 1,
    reason: 'asks for access or account details',
    pattern: alternatives(
      String.raw`\b(?:verify|confirm|update|validate|restore|unlock|reactivate|re-?confirm)\b[^.!?\n]{0,40}\b(?:account|identity|password|billing|payment details|mailbox|card|wallet)\b`,
      String.raw`\b(?:account|mailbox|access|card|wallet|e-?mail|profile)\b[^.!?\n]{0,50}\b(?:suspended|limited|locked|deactivated|blocked|restricted|terminated|disabled|closed|deleted|expires?|on hold)\b`,
      String.raw`\bunusual (?:sign-?in|activity|login)\b|\bpassword (?:expires|will expire|has expired)\b`,
      String.raw`\b(?:mailbox|storage|quota)\b[^.!?\n]{0,60}\b(?:full|exceeded|limit|\d{2} ?%)|\bmessages?\b[^.!?\n]{0,30}\b(?:are|being|were) (?:being )?held\b`,
      String.raw`(?:konto|zugang|karte|postfach)[^.!?\n]{0,50}(?:gesperrt|eingeschränkt|bestätigen|verifizieren|deaktiviert|überschritten)`,
      String.raw`(?:compte|accès|carte|messagerie)[^.!?\n]{0,50}(?:suspendu|bloqu|limité|désactiv|confirm|vérifi|expir)`,
      String.raw`(?:cuenta|tarjeta|acceso|buzón)[^.!?\n]{0,50}(?:suspendid|bloquead|limitad|desactivad|verifi|confirm)`,
      String.raw`(?:conto|carta|account|accesso|casella)[^.!?\n]{0,50}(?:sospes|bloccat|limitat|disattivat|verific)`,
      String.raw`(?:conta|cartão|acesso)[^.!?\n]{0,50}(?:suspens|bloquead|limitad|desativad|verifi|confirm)`,
      String.raw`(?:rekening|account|pas|toegang)[^.!?\n]{0,50}(?:geblokkeerd|opgeschort|beperkt|verifi[eë]r|bevestig)`,
      String.raw`(?:konto|kont[ao]|karta|dostęp)[^.!?\n]{0,50}(?:zablokowan|zawieszon|zweryfik|potwierd)`,
      String.raw`(?:аккаунт|счет|счёт|карт[ау]|доступ|ящик)[^.!?\n]{0,50}(?:заблокирован|приостановлен|ограничен|подтверд)`,
      String.raw`(?:账户|帳戶|账号|帳號|邮箱|郵箱)[^。！？\n]{0,20}(?:冻结|凍結|停用|异常|異常|验证|驗證|升级|到期)|(?:アカウント|口座|カード)[^。！？\n]{0,30}(?:停止|制限|確認|凍結|無効)`,
    ),
  },
  {
    weight: 1,
    reason: 'asks for a secret',
    pattern: alternatives(
      String.raw`\b(?:enter|provide|send|reply with|submit|have|sign in with|log ?in with|confirm)\b[^.!?\n]{0,60}\b(?:password|passcode|pin\b|one-time code|security code|card (?:number|details)|cvv|seed phrase|recovery phrase|social security)`,
      String.raw`\b(?:card number|email and password|username and password|user ?name,? (?:and )?password)\b`,
      String.raw`(?:passwort|kreditkart\w*|tan|pin|zugangsdaten)[^.!?\n]{0,40}(?:eingeben|bereit|angeben|bestätigen|nennen)|(?:geben sie|halten sie)[^.!?\n]{0,50}(?:passwort|kreditkart|\btan\b|\bpin\b|zugangsdaten|kartendaten)`,
      String.raw`(?:mot de passe|carte bancaire|coordonnées bancaires|code (?:secret|pin))[^!?\n]{0,40}`,
      String.raw`(?:contraseña|tarjeta de crédito|datos bancarios|clave (?:de acceso|secreta))`,
      String.raw`(?:la (?:sua |tua )?password|dati della carta|credenziali)|(?:sua senha|dados do cartão|palavra-passe)|(?:uw wachtwoord|pincode|inloggegevens)|(?:hasło|dane karty|numer karty)|(?:ваш пароль|данные карты|номер карты|код из смс)|(?:密码|密碼|パスワード|暗証番号|カード番号)`,
    ),
  },
  {
    weight: 1.3,
    reason: 'wants money to go to another account',
    pattern: alternatives(
      String.raw`\b(?:new|changed|updated|different|change of|change (?:my|our|the)) (?:of )?(?:my |our |the )?(?:bank(?:ing)?|payment|payroll|direct deposit|salary|account|wage)\b(?: (?:account|details|information|instructions))?`,
      String.raw`\bbank (?:account |details )?(?:has |have |was |were )?(?:been )?changed\b|\baccount\b[^.!?\n]{0,40}\bunder audit\b|\bchanged my bank\b`,
      String.raw`neue (?:bankverbindung|kontoverbindung|iban)|bankverbindung (?:hat sich )?geändert|nouvel(?:les)? (?:coordonnées bancaires|iban|compte bancaire|rib)|nueva cuenta bancaria|nuevos datos bancarios|nuov[ie] (?:coordinate bancarie|iban)|novos dados bancários|nieuw rekeningnummer|nowy numer (?:konta|rachunku)|новые (?:банковские )?реквизиты`,
    ),
  },
  {
    weight: 1.5,
    reason: 'asks for gift cards',
    pattern:
      /\b(?:gift ?cards?|itunes cards?|google play cards?|steam cards?)\b[^!?]{0,160}\b(?:codes?|scratch|photos?|buy|purchase|need)\b|\b(?:buy|purchase|get|need)\b[^!?]{0,60}\bgift ?cards?\b|geschenkkarten? (?:kaufen|besorgen)|cartes? cadeaux?/,
  },
  {
    weight: 0.9,
    reason: 'wants a small fee, or promises a refund',
    pattern: alternatives(
      String.raw`\b(?:customs|delivery|shipping|redelivery|release|clearance|handling) fee\b|\b(?:parcel|package|shipment|delivery)\b[^.!?\n]{0,60}\b(?:on hold|held|could not be delivered|unpaid|pending)\b`,
      String.raw`\b(?:tax|vat) (?:refund|rebate)\b|\beligible (?:for|to receive) a refund\b`,
      String.raw`(?:paket|sendung)[^.!?\n]{0,80}(?:gebühr|nicht zugestellt|offen)|steuer(?:rück)?erstattung|(?:colis|livraison)[^.!?\n]{0,60}(?:frais|en attente|n'a pas pu)|remboursement (?:de|d'|en attente)|droit à un remboursement|(?:paquete|envío)[^.!?\n]{0,60}(?:tasa|retenid|pendiente)|(?:pacco|spedizione)[^.!?\n]{0,60}(?:in attesa|spese|giacenza)|(?:encomenda|pacote)[^.!?\n]{0,60}(?:taxa|retid)|(?:pakket)[^.!?\n]{0,60}(?:kosten|niet bezorgd)|(?:paczka|przesyłka)[^.!?\n]{0,60}(?:dopłat|opłat|wstrzyman)|(?:包裹|快递)[^。\n]{0,30}(?:费|費|滞留)`,
    ),
  },
  {
    weight: 0.7,
    reason: 'presses for haste',
    pattern: alternatives(
      String.raw`\b(?:within|in) (?:the next )?(?:\d{1,2}|twelve|twenty-four|forty-eight) ?(?:hours|h)\b|\b(?:will be|are|is) (?:permanently )?(?:closed|deleted|restricted|suspended|terminated|deactivated|erased)\b|\bimmediately\b|\burgent(?:ly)?\b|\bexpires? (?:today|tonight|soon|in \d)`,
      String.raw`(?:innerhalb|binnen) (?:von )?\d+ ?(?:stunden|tagen)|unverzüglich|sofort|(?:dans les|sous) \d+ ?(?:heures|h|jours)|immédiatement|en (?:las próximas )?\d+ horas|inmediatamente|entro \d+ ore|immediatamente|em \d+ horas|imediatamente|binnen \d+ uur|w ciągu \d+ godzin|natychmiast|в течение \d+ час|немедленно|\d+ ?(?:小时|小時|時間)(?:内|以内|內)`,
    ),
  },
  {
    weight: 0.7,
    reason: 'wants it kept from others',
    pattern:
      /\b(?:do not|don't) (?:call|phone|mention|tell|discuss)\b|\bcan(?:no|')t (?:talk|call|take calls)\b|\bkeep (?:this|it) (?:confidential|secret|between us|quiet)\b|\bonly (?:by )?e-?mail\b|\bhandle (?:something|this)\b[^.!?\n]{0,30}\b(?:quietly|discreetly)\b/,
  },
];

/** An honest sender says so, and then names the secret only to warn. */
const warning =
  /\b(?:we|our staff|\w+ bank) (?:will )?never ask\b[^.!?\n]*|\bnever (?:share|send|give|tell)\b[^.!?\n]*|(?:fragen|bitten) (?:sie )?(?:niemals|nie)\b[^.!?\n]*|ne (?:vous )?demand\w+ jamais[^.!?\n]*|nunca (?:le |te )?(?:pediremos|solicitamos)[^.!?\n]*/g;

const otherNever = /niemals|nie |jamais|nunca/;

/** The signs of phishing in what a mail says, in lower case; haste and secrecy count only beside a wish. */
export function findAskSigns(text: string): PhishingSign[] {
  const told =
    text.includes('never') || otherNever.test(text) ? text.replaceAll(warning, ' ') : text;
  const signs = asks.flatMap(({ weight, reason, pattern }) => {
    const found = pattern.exec(told);
    if (!found) return [];
    const quote = found[0].replaceAll(/\s+/g, ' ').trim().slice(0, 80);
    return [{ weight, reason: `${reason}: “${quote}”` }];
  });
  return signs.some(({ weight }) => weight >= 0.9) ? signs : [];
}
