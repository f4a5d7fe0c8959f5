import { resolve } from 'node:path';
import { UsageError } from '../errors';
import { longestAddress, longestName, type Verdict } from '../release/verify-document';
import type { SideAddresses } from '../release/run';
import type { Io } from './io';

/** As the command line has them. */
export interface VerifyFlags {
  readonly target: string;
  readonly release: string;
  readonly baseline?: string;
  readonly ingest?: string;
  readonly baselineIngest?: string;
  readonly prometheus?: string;
  readonly grafana?: string;
  readonly previous?: string;
  readonly events: number;
  readonly record?: readonly string[];
  /** False with --no-changelog. */
  readonly changelog?: string | false;
  readonly requireRecord?: boolean;
  readonly inconclusiveAs: Verdict;
  readonly apiKey?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

export interface VerifySettings {
  readonly release: string;
  readonly previous: string | undefined;
  readonly target: SideAddresses;
  readonly baseline: SideAddresses | undefined;
  readonly prometheus: string | undefined;
  readonly grafana: { readonly url: string; readonly token: string | undefined } | undefined;
  readonly events: number;
  readonly apiKey: string | undefined;
  /** For --record: that of a sidecar may be another. */
  readonly recordKey: string | undefined;
  readonly timeoutMs: number;
  readonly record: readonly string[];
  /** Absolute path; undefined when none is to be written. */
  readonly changelog: string | undefined;
  /** Whether the changelog is one of the places that must have it. */
  readonly changelogRequired: boolean;
}

const defaultChangelog = 'HEALTH_CHANGELOG.md';
const defaultIngestPort = '8080';

/** @throws UsageError for what can't be meant */
export function settingsOf(flags: VerifyFlags, { env, cwd }: Io): VerifySettings {
  const { requireRecord = false, record = [], changelog } = flags;
  if (requireRecord && record.length === 0 && changelog === false) {
    throw new UsageError('--require-record needs a place to record it: --record URL, or --changelog FILE.');
  }
  if (flags.baselineIngest !== undefined && flags.baseline === undefined) {
    throw new UsageError('--baseline-ingest goes with --baseline: name its admin address, too.');
  }
  const target = sideOf('--target', flags.target, '--ingest', flags.ingest);
  const baseline =
    flags.baseline === undefined
      ? undefined
      : sideOf('--baseline', flags.baseline, '--baseline-ingest', flags.baselineIngest);
  if (baseline && (baseline.admin === target.admin || baseline.ingest === target.ingest)) {
    throw new UsageError(
      'A release is not compared with itself: --target and --baseline are two services, with an admin address and an ' +
        'ingest address (--ingest, --baseline-ingest) of their own.',
    );
  }
  const apiKey = keyOf('--api-key', flags.apiKey) ?? keyOf('SELFCHEER_API_KEY', env['SELFCHEER_API_KEY']);
  return {
    ...{ target, baseline, apiKey, events: flags.events, timeoutMs: flags.timeout * 1000 },
    release: nameOf('--release', flags.release),
    previous: flags.previous === undefined ? undefined : nameOf('--previous', flags.previous),
    prometheus: flags.prometheus === undefined ? undefined : address('--prometheus', flags.prometheus),
    grafana:
      flags.grafana === undefined
        ? undefined
        : { url: address('--grafana', flags.grafana), token: keyOf('GRAFANA_TOKEN', env['GRAFANA_TOKEN']) },
    recordKey: keyOf('SELFCHEER_RECORD_KEY', env['SELFCHEER_RECORD_KEY']) ?? apiKey,
    record: record.map((url) => address('--record', url)),
    changelog: changelog === false ? undefined : resolve(cwd, changelog ?? defaultChangelog),
    // A Job has no checkout: the file that nobody named may be missing where it is recorded elsewhere.
    changelogRequired: typeof changelog === 'string' || record.length === 0,
  };
}

function sideOf(name: string, admin: string, ingestName: string, ingest: string | undefined): SideAddresses {
  const url = new URL(address(name, admin));
  return {
    admin: address(name, admin),
    ingest:
      ingest === undefined
        ? `${url.protocol}//${url.hostname}:${defaultIngestPort}`
        : address(ingestName, ingest),
  };
}

/** A URL without a slash at the end; http when it names no scheme. */
function address(name: string, text: string): string {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.port === '0' || url.href.length > longestAddress) {
    throw new UsageError(`${name} ${text.slice(0, 200)} is not an address such as http://127.0.0.1:9464`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      `${name} has no credentials in it: keys go into SELFCHEER_API_KEY and GRAFANA_TOKEN.`,
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`${name} ${text} must end with the host or a path: no ? and no #.`);
  }
  return url.href.replace(/\/+$/, '');
}

/** Undefined when it is empty. What no header takes would look like a release that refuses everything. */
function keyOf(name: string, text: string | undefined): string | undefined {
  const key = text?.trim();
  if (!key) return undefined;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new UsageError(`${name} has a blank, or a character that is not ASCII: no key has these.`);
}

function nameOf(option: string, text: string): string {
  // `--release $EMPTY --json` takes the next option for the version.
  if (text.startsWith('-'))
    throw new UsageError(`${option} ${text.slice(0, 200)} is an option, not a version.`);
  if (/^[^\p{Cc}]+$/u.test(text) && text.length <= longestName) return text;
  throw new UsageError(`${option} must be a version of 1 to ${longestName} characters on one line.`);
}
