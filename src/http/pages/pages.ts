import { icon, style } from '../../console/index.ts';
import { boardRoutes } from '../board/routes.ts';
import type { Operated, Server } from '../operated.ts';
import { deliveryPage } from './deliveries.ts';
import { readForms } from './forms.ts';
import { showProblem } from './problems.ts';
import { runPages } from './runs.ts';
import { signInRoutes } from './sign-in.ts';

export { showProblem };

/** What people look at in a browser. What goes wrong in these routes is a page, too, for whoever wants pages. */
export function pageRoutes(server: Server, operated: Operated): void {
  server.addHook('onRoute', (route) => {
    route.config = { showProblem, ...(route.config as object) };
  });
  readForms(server);
  signInRoutes(server, operated);
  runPages(server, operated);
  deliveryPage(server, operated);
  boardRoutes(server, operated);
  server.get('/console/style.css', (_, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
  );
  server.get('/console/icon.svg', (_, reply) => reply.type('image/svg+xml').send(icon));
}
