import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import semver from 'semver';
import { type Check, pluginText, type Submission, when } from './check';
import { metadataSchema, type PluginMetadata } from './metadata-schema';

/** Grafana versions that the panel is tested on. */
const testedOn = ['12.4.10', '13.2.2'];

const ajv = addFormats(new Ajv({ allErrors: true }));
const matchesSchema = ajv.compile(metadataSchema);

/** The metadata as they are; undefined when they aren't JSON, which the check "metadata" reports. */
export function metadataOf(submission: Submission): PluginMetadata | undefined {
  const text = pluginText(submission, 'plugin.json');
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A check that says nothing of metadata that are not there: others do. */
export function ofMetadata(name: string, run: (metadata: PluginMetadata, submission: Submission) => string[]): Check {
  return {
    name,
    run: (submission) => {
      const metadata = metadataOf(submission);
      return metadata?.info && metadata.dependencies ? run(metadata, submission) : [];
    },
  };
}

const matches: Check = {
  name: 'metadata',
  run: (submission) => {
    const metadata = metadataOf(submission);
    if (metadata === undefined) {
      return ['plugin.json is missing, or is not JSON.'];
    }
    return matchesSchema(metadata)
      ? []
      : (matchesSchema.errors ?? []).map(
          ({ instancePath, message, params }) => `plugin.json: ${instancePath} ${message} (${JSON.stringify(params)}).`
        );
  },
};

const named = ofMetadata('name', ({ id, type, name }) => [
  ...when(!id?.endsWith(`-${type}`), `The id "${id}" has to end with the type "${type}".`),
  ...when(name === id, 'The name is the id: give it one for people.'),
  ...when(/grafana/i.test(name), 'The name holds "Grafana", which belongs to the plugins of Grafana Labs.'),
]);

const described = ofMetadata('description', ({ info }) => {
  const sentences = (info.description ?? '').split(/[.!?](?:\s|$)/).filter((sentence) => sentence.trim());
  return when(sentences.length > 2, `The description has ${sentences.length} sentences; the catalogue shows two.`);
});

const versioned = ofMetadata('version', ({ info: { version } }, { packageVersion }) => [
  ...when(semver.valid(version) !== version, `"${version}" is no version (https://semver.org).`),
  ...when(version !== packageVersion, `plugin.json has version ${version}, package.json ${packageVersion}.`),
]);

const dependent = ofMetadata('grafana-dependency', ({ dependencies: { grafanaDependency: range } }) => {
  if (semver.validRange(range) === null) {
    return [`"${range}" is no range of versions.`];
  }
  const missed = testedOn.filter((version) => !semver.satisfies(version, range));
  return [
    ...when(missed.length > 0, `"${range}" leaves out ${missed.join(', ')}, which the panel is tested on.`),
    ...when(!/^>=/.test(range), `"${range}" has to begin with the oldest version: ">=…".`),
  ];
});

const funded = ofMetadata('sponsorship', ({ info: { links } }) =>
  (links ?? [])
    .filter(({ name, url }) => /sponsor|donat|funding|patreon|ko-fi/i.test(`${name} ${url}`))
    .map(({ name }) => `The link "${name}" asks for money.`)
);

export const metadataChecks: readonly Check[] = [matches, named, described, versioned, dependent, funded];
