// Kaoto's catalog of Camel, with postgres-cdc and our Kamelets: public/catalog
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

const [project] = process.argv.slice(2);
const CAMEL = 'Camel Main 4.18.2'; // of those in the package, the next one to ours
const KAOTO = join('node_modules', '@kaoto', 'camel-catalog', 'dist', 'camel-catalog');
const OURS = join('public', 'catalog');

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const write = (file, value) => writeFileSync(file, JSON.stringify(value));

/** A parameter as Kaoto's forms want it: a duration and the name of a bean are texts. */
function field({ displayName, description, type, javaType, group, secret, defaultValue, enum: values }) {
  const isMap = javaType.startsWith('java.util.Map');
  const formats = { duration: 'duration', object: isMap ? undefined : `bean:${javaType}` };
  const isText = ['duration', 'enum'].includes(type) || (type === 'object' && !isMap);
  return {
    title: displayName,
    description,
    type: isText ? 'string' : type,
    $comment: `group:${group}`,
    format: secret ? 'password' : formats[type],
    default: defaultValue,
    enum: values,
  };
}

function component(entry) {
  const options = Object.entries(entry.properties);
  return {
    ...entry,
    propertiesSchema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      required: options.filter(([, option]) => option.required).map(([name]) => name),
      properties: Object.fromEntries(options.map(([name, option]) => [name, field(option)])),
    },
  };
}

function kamelet(file) {
  const definition = parse(readFileSync(file, 'utf8'));
  const { title, description, required = [], properties } = definition.spec.definition;
  return {
    ...definition,
    propertiesSchema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      title,
      description,
      required,
      properties,
    },
  };
}

const library = json(join(KAOTO, 'index.json'));
const camel = library.definitions.find(({ name }) => name === CAMEL);
const folder = dirname(camel.fileName);
rmSync(OURS, { recursive: true, force: true });
mkdirSync(OURS, { recursive: true });
cpSync(join(KAOTO, folder), join(OURS, folder), { recursive: true });

const index = json(join(OURS, camel.fileName));
const name = `${CAMEL} with olap-sync`;
write(join(OURS, camel.fileName), { ...index, name });
write(join(OURS, 'index.json'), { ...library, name: 'olap-sync', definitions: [{ ...camel, name }] });

const components = join(OURS, folder, index.catalogs.components.file);
const entry = json(join(project, 'target/classes/META-INF/dev/olapsync/capture/postgres-cdc.json'));
write(components, { ...json(components), [entry.component.name]: component(entry) });

const kamelets = join(OURS, folder, index.catalogs.kamelets.file);
const files = readdirSync(join(project, 'kamelets')).filter((file) => file.endsWith('.kamelet.yaml'));
const added = files.map((file) => kamelet(join(project, 'kamelets', file)));
write(kamelets, { ...json(kamelets), ...Object.fromEntries(added.map((added) => [added.metadata.name, added])) });
