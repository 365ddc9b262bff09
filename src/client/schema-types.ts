/** A JSON Schema (2020-12), as far as it is read here. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** The type of a schema, and what it refers to by name. */
export interface RenderedSchema {
  readonly type: string;
  readonly shared: readonly string[];
}

interface Rendering {
  readonly nameOf: (ref: string) => string;
}

/** The TypeScript type of what a schema takes; what no type can say (formats, ranges) is left to the server. */
export function renderSchema(schema: Schema, name: string): RenderedSchema {
  const definitions = (schema['$defs'] ?? {}) as Record<string, Schema>;
  const refersToRoot = JSON.stringify(schema).includes('"$ref":"#"');
  const nameOf = (ref: string) =>
    ref === '#' ? name : `${name}${toWord(ref.slice(ref.lastIndexOf('/') + 1))}`;
  const rendering = { nameOf };
  const shared = Object.entries(definitions).map(
    ([definition, schema]) =>
      `type ${nameOf(`#/$defs/${definition}`)} = ${render(schema, rendering)};`,
  );
  const type = render(schema, rendering);
  if (!refersToRoot) return { type, shared };
  return { type: name, shared: [...shared, `type ${name} = ${type};`] };
}

function render(schema: Schema | boolean, rendering: Rendering): string {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  const { $ref, enum: words, anyOf, oneOf, allOf, not } = schema;
  if (typeof $ref === 'string') return rendering.nameOf($ref);
  if ('const' in schema) return literal(schema['const']);
  if (Array.isArray(words)) return union(words.map(literal));
  const choices = (anyOf ?? oneOf) as Schema[] | undefined;
  if (choices) return union(choices.map((one) => render(one, rendering)));
  if (Array.isArray(allOf))
    return (allOf as Schema[]).map((one) => group(render(one, rendering))).join(' & ');
  if (not !== undefined && Object.keys(not as object).length === 0) return 'never';
  const { type } = schema;
  if (Array.isArray(type))
    return union((type as string[]).map((one) => render({ ...schema, type: one }, rendering)));
  return renderType(schema, rendering);
}

function renderType(schema: Schema, rendering: Rendering): string {
  switch (schema['type']) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return renderArray(schema, rendering);
    case 'object':
      return renderObject(schema, rendering);
    default:
      return 'unknown';
  }
}

function renderArray({ prefixItems, items }: Schema, rendering: Rendering): string {
  const rest = items === undefined ? 'unknown' : render(items as Schema, rendering);
  if (!Array.isArray(prefixItems)) return `readonly ${group(rest)}[]`;
  const first = (prefixItems as Schema[]).map((item) => render(item, rendering));
  const more = items === undefined || items === false ? [] : [`...${group(rest)}[]`];
  return `readonly [${[...first, ...more].join(', ')}]`;
}

function renderObject(schema: Schema, rendering: Rendering): string {
  const { properties = {}, required = [], additionalProperties: others, propertyNames } = schema;
  const fields = Object.entries(properties as Record<string, Schema>);
  const open = typeof others === 'object' && others !== null ? (others as Schema) : undefined;
  if (fields.length === 0) {
    if (others === false) return 'Readonly<Record<string, never>>';
    const value = open ? render(open, rendering) : 'unknown';
    const key = propertyNames ? render(propertyNames as Schema, rendering) : 'string';
    const record = `Record<${key === 'unknown' ? 'string' : key}, ${value}>`;
    return key === 'string' || key === 'unknown'
      ? `Readonly<${record}>`
      : `Readonly<Partial<${record}>>`;
  }
  const lines = fields.map(([name, field]) => {
    const mark = (required as string[]).includes(name) ? '' : '?';
    return `${describe(field)}  readonly ${quote(name)}${mark}: ${render(field, rendering).replaceAll('\n', '\n  ')};`;
  });
  if (open) lines.push('  readonly [other: string]: unknown;');
  return `{\n${lines.join('\n')}\n}`;
}

function describe({ description }: Schema): string {
  if (typeof description !== 'string') return '';
  return `  /** ${description.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].map(group).join(' | ');
}

function group(type: string): string {
  return /[|&]|^readonly /.test(type) && !/^\{[^]*\}$/.test(type) ? `(${type})` : type;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? text(value) : JSON.stringify(value);
}

function quote(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name);
}

function text(value: string): string {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`)}'`;
}

function toWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '_').replace(/^./, (first) => first.toUpperCase());
}
