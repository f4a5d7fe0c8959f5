import { freePort } from '../helpers/free-port';
import { Prometheus } from '../helpers/prometheus';
import type { Blind } from './report';
import type { Stage } from './stage';

/** Shorter than by default: there is nothing to wait for. */
const short = ['--timeout', '30s', '--events', '20'];

/** A canary that is well, and a Prometheus that does not know it, as when the release is not scraped. */
export async function unscraped(stage: Stage, release: string): Promise<Blind> {
  const empty = await Prometheus.start({});
  try {
    return blindOf(
      'a Prometheus without series',
      await stage.verify(release, [...short, '--prometheus', empty.url]),
    );
  } finally {
    await empty.dispose();
  }
}

/** Nobody answers where the release should be. */
export async function nobodyThere(stage: Stage): Promise<Blind> {
  const place = `http://127.0.0.1:${await freePort()}`;
  const gone = ['--target', place, '--ingest', place];
  return blindOf('no canary', await stage.verify(stage.nextVersion(), [...short, ...gone]));
}

function blindOf(what: string, { code, stdout }: { code: number | null; stdout: string }): Blind {
  const { verdict } = JSON.parse(stdout) as { verdict: string };
  return { what, exitCode: code, verdict };
}
