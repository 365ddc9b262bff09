// Planted: a domain is entered by its index.ts.
import { something } from '../db/something.ts';

export const planted = something;
