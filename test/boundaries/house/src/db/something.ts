// Planted: a type-only cycle.
import type { Something } from './type-cycle.ts';

export const something: Something = { name: 'something' };
