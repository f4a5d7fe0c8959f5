import { memberOf, textOf } from '../config/member';
import { messageOf, UsageError } from '../errors';

/** A service that a sidecar looks at, by its admin port. */
export interface Target {
  /** Its name on the page, in addresses and as a label of metrics. */
  readonly name: string;
  /** Of its admin port, without a slash at the end; may have a path, behind a proxy. */
  readonly url: string;
}

const mostTargets = 100;
const names = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$/;
const example = 'such as http://127.0.0.1:9464=orders';

/**
 * Reads `URL[=name]` of each: `http` when it names no scheme, and host and port as the name when it has none.
 *
 * @throws UsageError for what is no such thing, for a name that is there twice, and for more than 100 of them
 */
export function parseTargets(texts: readonly string[]): Target[] {
  if (texts.length === 0)
    throw new UsageError(`Name the services to look at: --target URL[=name], ${example}.`);
  if (texts.length > mostTargets) {
    throw new UsageError(`A sidecar looks at ${mostTargets} services at most; start a second one.`);
  }
  const targets = texts.map(parseTarget);
  const twice = targets.find((one, index) => targets.findIndex(({ name }) => name === one.name) !== index);
  if (twice)
    throw new UsageError(`Two targets are named ${twice.name}; give each a name of its own: URL=name.`);
  return targets;
}

function parseTarget(text: string): Target {
  const equals = text.lastIndexOf('=');
  const address = equals < 0 ? text : text.slice(0, equals);
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(withScheme)) throw new UsageError(`--target ${text} is no URL[=name], ${example}.`);
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError(`--target ${text} must begin with http:// or https://.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('A --target has no credentials in it: a key goes into SELFCHEER_API_KEY.');
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`--target ${text} must end with the host or a path: no ? and no #.`);
  }
  const name = equals < 0 ? url.host : text.slice(equals + 1);
  // A host is well formed; one with an IPv6 address begins with a bracket.
  if (equals >= 0 && !names.test(name)) {
    throw new UsageError(
      `The name ${JSON.stringify(name)} of --target ${text} must have 1 to 63 letters, digits, dots, colons, dashes ` +
        'or underscores, and begin with a letter or a digit.',
    );
  }
  return { name, url: url.href.replace(/\/+$/, '') };
}

/** Why a call did not get through, on one line. */
export function troubleOf(error: unknown): string {
  const all = memberOf(error, 'errors');
  // One name with several addresses: that error's own message is empty.
  const first: unknown = Array.isArray(all) ? all[0] : error;
  return messageOf(textOf(first, 'message') ?? first) || 'it failed without a reason';
}
