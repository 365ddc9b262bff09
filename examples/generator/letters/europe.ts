import type { Letter } from '../letters.ts';

/** Mails in other European languages that wait for an answer. */
export const europeanQuestions: readonly Letter[] = [
  {
    language: 'de',
    subjects: ['Rückfrage zu Auftrag {ref}', 'Auftrag {ref}: bitte um Antwort'],
    paragraphs: [
      ['Guten Tag Frau Moreland,', 'Hallo {owner},', 'Sehr geehrte Frau Moreland,'],
      [
        'wir hätten {n} Paletten ({goods}) von {place} nach {town} zu verschicken.',
        'uns fehlen zu diesem Auftrag noch die Maße der größten Palette.',
        'auf Ihrer Rechnung zu diesem Auftrag steht ein Zuschlag von {amount} €, den wir nicht zuordnen können.',
      ],
      [
        'Können Sie am {weekday} um {time} Uhr laden, und was würde das kosten?',
        'Bitte geben Sie uns bis zum {date} Bescheid.',
        'Würden Sie das bitte prüfen?',
      ],
      ['Mit freundlichen Grüßen\n{sender}', 'Viele Grüße aus {place}\n{sender}'],
    ],
  },
  {
    language: 'fr',
    subjects: ['Commande {ref} : une question', 'Commande {ref}, votre réponse ?'],
    paragraphs: [
      ['Bonjour {owner},', 'Madame,'],
      [
        'Nous avons {n} palettes ({goods}) au départ de {place}, prêtes dès {weekday}.',
        'Pour cette commande, le quai du client n’ouvre qu’à {time}.',
        'Votre facture mentionne {amount} € de frais d’attente.',
      ],
      [
        'Pouvez-vous nous confirmer l’enlèvement avant le {date} ?',
        'Est-ce possible, et à quel tarif ?',
        'Merci de me répondre avant {weekday}.',
      ],
      ['Bien à vous,\n{sender}', 'Cordialement,\n{sender}'],
    ],
  },
  {
    language: 'es',
    subjects: ['Pedido {ref}: una pregunta', 'Sobre el pedido {ref}'],
    paragraphs: [
      ['Hola, {owner}:', 'Estimada Ida:'],
      [
        'Tenemos {n} palés de {goods} en {place}, listos para salir hacia {town}.',
        'En la lista falta el peso de dos palés.',
      ],
      [
        '¿Podéis recogerlos el {weekday} a las {time}?',
        '¿Me confirmas el precio antes del {date}?',
        '¿Nos puedes enviar el albarán corregido?',
      ],
      ['Un saludo,\n{sender}', 'Gracias y un saludo\n{sender}'],
    ],
  },
  {
    language: 'pt',
    subjects: ['Encomenda {ref}: uma pergunta', 'Recolha da encomenda {ref}'],
    paragraphs: [
      ['Bom dia, {owner},', 'Cara Ida,'],
      [
        'Precisamos de enviar {n} paletes de {goods} de {place} para {town}.',
        'A encomenda está pronta, mas o cais fecha às {time}.',
      ],
      [
        'Podem recolher até ao dia {date}? E qual é o preço?',
        'O motorista traz cintas, ou temos de as fornecer?',
      ],
      ['Obrigado,\n{sender}', 'Com os melhores cumprimentos,\n{sender}'],
    ],
  },
  {
    language: 'it',
    subjects: ['Ordine {ref}, una domanda', 'Ordine {ref}: attendo risposta'],
    paragraphs: [
      ['Gentile Ida,', 'Buongiorno {owner},'],
      [
        'abbiamo {n} bancali di {goods} da {place} a {town}.',
        "nella fattura c'è un supplemento di {amount} € che non riconosciamo.",
      ],
      ['Potete ritirare {weekday} alle {time}?', 'Può verificare e rispondere entro il {date}?'],
      ['Cordiali saluti\n{sender}'],
    ],
  },
  {
    language: 'pl',
    subjects: ['Zlecenie {ref}: pytanie', 'Pytanie do zlecenia {ref}'],
    paragraphs: [
      ['Dzień dobry,', 'Szanowna Pani,'],
      [
        'mamy {n} palet ({goods}) gotowych do wysyłki do {town}.',
        'w tej dostawie dwa worki były uszkodzone, kierowca potwierdził to na liście.',
      ],
      ['Czy możecie odebrać towar do {date}?', 'Proszę o odpowiedź przed {date}.'],
      ['Z poważaniem\n{sender}', 'Pozdrawiam\n{sender}'],
    ],
  },
];

/** Mails in other European languages that need no answer. */
export const europeanNotes: readonly Letter[] = [
  {
    language: 'de',
    subjects: ['Lieferung {ref} ist angekommen', 'Alles da: {ref}'],
    paragraphs: [
      ['Hallo {owner},', 'Guten Tag,'],
      [
        'alle {n} Paletten sind heute früh vollständig eingetroffen, vielen Dank.',
        'Ihr Fahrer war um {time} Uhr hier, {n} Paletten, keine Schäden.',
      ],
      ['Eine Antwort ist nicht nötig.', 'Nur zur Kenntnis.'],
      ['Schöne Grüße\n{sender}'],
    ],
  },
  {
    language: 'de',
    subjects: ['Geänderte Öffnungszeiten ab {date}', 'Neue Rampenzeiten'],
    paragraphs: [
      ['Liebe Partner,', 'Guten Tag,'],
      ['unsere Rampe öffnet ab dem {date} schon um {time} Uhr.'],
      ['Eine Antwort ist nicht nötig.', 'Bitte geben Sie es Ihren Fahrern weiter.'],
      ['Schöne Grüße\n{sender}'],
    ],
  },
  {
    language: 'fr',
    subjects: ['Livraison {ref} bien reçue', 'Bien arrivé : {ref}'],
    paragraphs: [
      ['Bonjour,', 'Bonjour {owner},'],
      ['Les {n} palettes sont arrivées ce matin à {place}, tout est en ordre.'],
      ['Pour information, sans réponse attendue.', 'Merci au chauffeur.'],
      ['{sender}'],
    ],
  },
  {
    language: 'fr',
    subjects: ['Fermeture annuelle', 'Notre dépôt ferme le {date}'],
    paragraphs: [
      ['Chers partenaires,', 'Bonjour,'],
      ['Notre dépôt de {place} sera fermé à partir du {date}, réouverture un {weekday}.'],
      ['Aucune réponse n’est nécessaire.'],
      ['{sender}'],
    ],
  },
  {
    language: 'es',
    subjects: ['Entrega {ref} recibida', 'Todo en orden: {ref}'],
    paragraphs: [
      ['Buenos días:', 'Hola, {owner}:'],
      ['Los {n} palés llegaron esta mañana a {place} sin daños.'],
      ['No hace falta que contestes.', 'Es solo para vuestra información.'],
      ['{sender}'],
    ],
  },
  {
    language: 'pt',
    subjects: ['Entrega {ref} confirmada', 'Tudo em ordem: {ref}'],
    paragraphs: [
      ['Olá {owner},', 'Bom dia,'],
      ['As {n} paletes chegaram hoje a {place}, está tudo em ordem.'],
      ['Não é preciso responder.', 'É só para sua informação.'],
      ['{sender}'],
    ],
  },
  {
    language: 'it',
    subjects: ['Consegna {ref} arrivata', 'Consegna {ref}: tutto bene'],
    paragraphs: [
      ['Buongiorno,', 'Gentile Ida,'],
      ['I {n} bancali sono arrivati a {place}, la merce è in ordine.'],
      ['Non serve una conferma.', 'Un grazie al vostro autista.'],
      ['Cordiali saluti\n{sender}'],
    ],
  },
  {
    language: 'pl',
    subjects: ['Dostawa {ref} przyjęta', 'Potwierdzenie dostawy {ref}'],
    paragraphs: [
      ['Dzień dobry,'],
      ['wszystkie {n} palet dotarło dziś rano, dziękujemy.'],
      ['Odpowiedź nie jest potrzebna.', 'Pozdrowienia dla kierowcy.'],
      ['{sender}'],
    ],
  },
];
