import { isIP } from 'node:net';

/** Names that deceivers borrow most. */
const brands =
  'paypal amazon apple icloud microsoft office365 outlook google gmail netflix facebook instagram whatsapp linkedin dropbox docusign adobe ebay dhl fedex usps chase wellsfargo bankofamerica citibank hsbc barclays santander sparkasse postbank commerzbank volksbank klarna stripe coinbase binance spotify steam github'.split(
    ' ',
  );
/** Words that owners of a brand seldom put beside its name in a domain, and deceivers do. */
const lures =
  /(?:^|-)(?:secure|security|login|signin|verify|verification|account|accounts|support|service|update|billing|alert|confirm|auth|center|help|team|online|payment|wallet)(?:-|$)/;
/** Domains under which strangers get a name of their own; the examples of RFC 2606 are used so too. */
const shared = new Set(
  'example.com example.net example.org github.io gitlab.io blogspot.com herokuapp.com netlify.app vercel.app pages.dev web.app firebaseapp.com azurewebsites.net cloudfront.net sharepoint.com weebly.com wixsite.com'.split(
    ' ',
  ),
);
const secondLevel = new Set('co com org net ac gov edu or ne'.split(' '));

/** The host of a link, in lower case, or ''. */
export function hostOf(link: string): string {
  const found = /^(?:https?:)?(?:\/\/)?(?:[^@/?#\s]*@)?([\w.-]+)/i.exec(link.trim());
  return found && !/^(?:mailto|tel|javascript|data|cid):/i.test(link)
    ? found[1]!.toLowerCase()
    : '';
}

/** The part of a domain that somebody registers: `mail.a.co.uk` → `a.co.uk`. Numbers stay whole. */
export function registrableDomain(domain: string): string {
  if (isIP(domain) !== 0) return domain;
  const labels = domain.split('.').filter((label) => label !== '');
  const isDeep =
    labels.length > 2 &&
    ((labels.at(-1)!.length === 2 && secondLevel.has(labels.at(-2)!)) ||
      shared.has(labels.slice(-2).join('.')));
  return labels.slice(isDeep ? -3 : -2).join('.');
}

/** Each brand as it reads when letters that look alike are one. */
const brandsByLook = new Map(brands.map((brand) => [foldLookalikes(brand), brand]));

/** The well-known name that a registrable domain is made to be mistaken for, or undefined. */
export function findImitatedBrand(domain: string): string | undefined {
  const [label = ''] = domain.split('.', 1);
  if (label.length < 3 || brands.includes(label)) return undefined;
  const look = foldLookalikes(label);
  const whole = brandsByLook.get(look);
  if (whole !== undefined) return whole;
  // `paypa1-login`, `secure-paypal`: the name as one of several words, beside a lure or misspelt.
  const words = label.split('-');
  if (words.length === 1) return undefined;
  for (const word of words) {
    const brand = brandsByLook.get(foldLookalikes(word));
    if (brand !== undefined && (word !== brand || lures.test(label))) return brand;
  }
  return undefined;
}

function foldLookalikes(label: string): string {
  return label
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('0', 'o')
    .replaceAll(/[1|!i]/g, 'l')
    .replaceAll('3', 'e')
    .replaceAll('5', 's');
}
