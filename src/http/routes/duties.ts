import { listDuties } from '../../control/index.ts';
import type { Operated, Server } from '../operated.ts';

/** What the control plane does, as its rows say: true also when no control plane lives. */
export function dutyRoutes(server: Server, { database }: Operated): void {
  server.get('/duties', async () => ({ duties: await listDuties(database) }));
}
