// Planted: core may import nothing of ours. The boundary checker has to see this.
import { something } from '../db/index.ts';

export const planted = something;
