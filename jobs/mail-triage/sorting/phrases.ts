const any = (...parts: string[]) => new RegExp(parts.join('|'));

const all = (...parts: string[]) => new RegExp(parts.join('|'), 'g');

/** What mails of a category say in lower case, in the languages most mail is written in. */
export const phrases = {
  receipt: any(
    String.raw`\b(?:receipt|invoice|order (?:confirm(?:ation|ed)|#|no)|your (?:order|booking|purchase)|payment (?:received|confirmation)|thank you for your (?:order|purchase|payment)|credit note|statement of account)\b`,
    String.raw`rechnung|abrechnung|quittung|bestellbestätigung|ihre bestellung|gutschrift|\bfacture|votre (?:commande|réservation)|reçu de paiement|votre billet|\bavoir n|\bfactura\b|\brecibo\b|(?:su|tu) (?:pedido|reserva)|nota de (?:crédito|abono)|reembolso|\bfattura|ricevuta|(?:il )?(?:suo|tuo) ordine|\bfatura\b|(?:sua|seu) (?:encomenda|pedido|compra)|factuur|uw bestelling|\bfaktura\b|potwierdzenie zamówienia|kvitto|kvittering|счет-фактура|ваш заказ|квитанци|чек №|发票|收据|订单(?:确认|号)|請求書|領収書|ご注文`,
  ),
  amount:
    /(?:[$€£¥₽]|\b(?:usd|eur|gbp|chf|pln|sek|dkk|nok)) ?\d[\d.,]*|\d[\d.,]* ?(?:[$€£¥₽円元]|zł|руб|\b(?:usd|eur|gbp|chf|pln|sek|dkk|nok|kr|euros?)\b)/,
  total:
    /(?:^|\n)[ \t|*]*(?:(?:grand |sub)?total|amount (?:due|paid|charged)|balance due|gesamt(?:betrag|summe)?|summe|montant|total ttc|importe|totale|totaal|razem|suma|итого|合计|合計)\b[^\n]{0,40}\d/,
  calendarSubject:
    /^(?:(?:re|aw): )?(?:updated )?(?:invitation|einladung|invitación|convite|invito|uitnodiging|zaproszenie|accepted|declined|tentative|canceled|cancelled(?: event)?|zugesagt|abgesagt|abgelehnt|accepté|refusé|annulé|aceptado|cancelado|reminder: .*@|event)\b.{0,4}[:@]/,
  newsletter: any(
    String.raw`\b(?:newsletter|weekly|digest|monthly|this week in|this (?:week|month)'s|in this issue|issue (?:#|no\.?)? ?\d+|edition|roundup|bulletin|dispatch|briefing|new on the blog|blog posts?)\b`,
    String.raw`rundbrief|wochenrückblick|in dieser ausgabe|ausgabe \d+|infolettre|lettre d'information|dans ce numéro|bolet[íi]n|bolet[ií]m|en este número|nesta edição|bollettino|in questo numero|nieuwsbrief|biuletyn|nyhetsbrev|рассылк|дайджест|выпуск|周刊|月刊|通讯|メールマガジン|メルマガ`,
  ),
  marketing: all(
    String.raw`\b(?:\d{1,2} ?% (?:off|rabatt|de descuento|de réduction|di sconto|de desconto|korting)|sale|discount|coupon|promo(?:tion)? code|voucher|free (?:shipping|delivery|gift)|delivery is free|limited[- ]time|shop now|buy now|order (?:by|before|now)|save (?:up to )?[$€£]?\d+|last chance|black friday|early[- ]bird|special offer|exclusive offer|get tickets|while stocks last|register (?:now|today|here)|free webinar|join (?:our|us for) (?:a |the )?(?:free )?(?:webinar|demo)|webinar)\b`,
    String.raw`\b(?:instead of|statt|au lieu de|en vez de|en lugar de|invece di|em vez de|in plaats van|zamiast|вместо) (?:[€$£]|eur|gbp|usd)? ?\d`,
    String.raw`angebot|rabatt|gutschein|versandkostenfrei|nur bis|soldes|promotion|livraison (?:est )?(?:offerte|gratuite)|jusqu.au \d|oferta|descuento|envío gratis|sconto|offerta|spedizione gratuita|desconto|portes grátis|korting|aanbieding|gratis verzending|promocj|zniżk|rabat|darmowa dostawa|erbjudande|tilbud|скидк|акци[яи]|распродаж|优惠|折扣|促销|セール|割引|送料無料`,
  ),
  waiting: any(
    String.raw`\b(?:(?:i|we)(?:'ll| will) (?:get back|come back|let you know|follow up|look into|reply|respond|send (?:you|it|them))|(?:we have|we've) received your (?:request|message|application|inquiry)|(?:is|are) (?:being (?:reviewed|processed)|under review)|working on it|bear with us)\b`,
    String.raw`ich melde mich|wir melden uns|je (?:vous|te) (?:tiens|recontacte|réponds)|nous reviendrons vers vous|te aviso|le avisaremos`,
  ),
  fyi: any(
    String.raw`\b(?:fyi|for your information|just (?:so you know|a heads[- ]up|to let you know)|heads[- ]up|no (?:action|reply|response|answer) (?:is )?(?:needed|required|necessary)|nothing (?:for you )?to do|no need to (?:reply|answer))\b`,
    String.raw`zur (?:info|kenntnis(?:nahme)?)|keine antwort (?:nötig|erforderlich)|pour (?:info|information)|pas besoin de répondre|para (?:tu|su|sua) informa|no (?:hace falta|es necesario) (?:que )?respond|não (?:é preciso|precisa de?) responder|per (?:conoscenza|informazione)|non (?:serve|occorre|è necessari[ao]) (?:una )?rispo|ter informatie|do wiadomości|к сведению|无需回复|無需|ご返信は不要|ご参考まで`,
  ),
  /** What a bank reports of an account, as opposed to what a shop confirms. */
  account:
    /\b(?:in|to|from) your (?:\w+ )?account\b|\baccount ending\b|\bavailable balance\b|auf ihr(?:em)? konto|ihr kontostand|sur votre compte|en su cuenta|sul suo conto|na sua conta|op uw rekening/,
  notification: any(
    String.raw`\b(?:build\b.{0,24}\b(?:failed|passed|succeeded|fixed|broken)|pull request|merge request|assigned to you|mentioned you|commented on|new (?:sign-?in|login|device|follower|comment)|you signed in|password (?:was |has been )?(?:changed|reset)|has shipped|out for delivery|delivered|alert:|\[alert\]|backup (?:failed|completed)|disk (?:space|usage)|certificate|your (?:code|verification code) is|security code|reminder|undeliver(?:ed|able)|delivery (?:status|failed)|automatic reply|out of (?:the )?office|payment (?:received|has arrived)|has arrived in your|ticket\b.{0,20}\b(?:updated|opened|closed|resolved)|status (?:update|changed)|maintenance)\b`,
    String.raw`automatische antwort|abwesenheit|nicht im (?:büro|haus)|sendungsverfolgung|wird (?:heute|morgen)|wurde (?:versandt|zugestellt)|zugestellt|réponse automatique|a été expédiée?|livraison prévue|respuesta automática|ha sido enviado|risposta automatica|resposta automática|afwezig`,
  ),
} as const;
