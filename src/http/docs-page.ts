/** As much of an OpenAPI document as the page shows. */
interface ApiDescription {
  readonly info: { readonly title: string; readonly description?: string };
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: unknown }>>;
  };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Record<string, { schema: unknown }> }
    >
  >;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: unknown;
}

/** The page of the API: plain HTML without a script or a style in it, so that the strictest CSP lets it be. */
export function renderDocs({ info, tags, paths, components }: ApiDescription): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description = '' }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return own.length === 0
      ? ''
      : `<section><h2 id="${escape(name)}">${escape(name)}</h2><p>${escape(description)}</p>${own
          .map(renderOperation)
          .join('')}</section>`;
  });
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) =>
    renderFold(`<code id="schema-${escape(name)}">${escape(name)}</code>`, renderJson(schema)),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(info.title)} API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css"></head>
<body><main><h1>${escape(info.title)} API</h1><p>${escape(info.description ?? '')}
The same for programs: <a href="/docs/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${sections.join('\n')}<section><h2>Schemas</h2>${schemas.join('')}</section></main></body></html>`;
}

function renderOperation({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}): string {
  const { summary = '', parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    ({ name, in: place, required, description = '' }) =>
      `<tr><td><code>${escape(name)}</code></td><td>${escape(place)}${required ? ', required' : ''}</td><td>${escape(description)}</td></tr>`,
  );
  const body = requestBody ? `<h4>Body</h4>${renderJson(schemaOf(requestBody))}` : '';
  const answers = Object.entries(responses).map(([status, answer]) =>
    renderFold(
      `${escape(status)} ${escape(answer.description ?? '')}`,
      renderJson(schemaOf(answer)),
    ),
  );
  const table = rows.length > 0 ? `<table>${rows.join('')}</table>` : '';
  return renderFold(
    `<b class="${escape(method)}">${escape(method.toUpperCase())}</b> <code>${escape(path)}</code> ${escape(summary)}`,
    `${table}${body}<h4>Answers</h4>${answers.join('')}`,
  );
}

function schemaOf({
  content = {},
}: {
  readonly content?: Readonly<Record<string, { readonly schema: unknown }>>;
}): unknown {
  return Object.values(content)[0]?.schema ?? {};
}

function renderFold(title: string, content: string): string {
  return `<details><summary>${title}</summary>${content}</details>`;
}

function renderJson(value: unknown): string {
  return `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1c2330; background: #fff }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: #f2f4f8; padding: .75rem; overflow: auto; border-radius: 6px }
details { border: 1px solid #d5dae3; border-radius: 6px; padding: .4rem .75rem; margin: .4rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
table { border-collapse: collapse; margin: .5rem 0 }
td { padding: .2rem .8rem .2rem 0; vertical-align: top }
.get { color: #14653c } .post { color: #1a4f9c } .patch { color: #8a5200 } .delete { color: #a3201d }
@media (prefers-color-scheme: dark) {
  body { color: #e3e7ef; background: #12161f } pre { background: #1b2130 } details { border-color: #333c50 }
  a { color: #8db9ff } .get { color: #6fd39f } .post { color: #8db9ff } .patch { color: #f0b860 } .delete { color: #ff9490 }
}
`;
