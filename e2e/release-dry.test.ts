import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './helpers/commands';
import { root } from './helpers/exporter-process';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
const sbom = `selfcheer-exporter-${version}.cdx.json`;
const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-release-'));
const out = path.join(folder, 'out');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
  runCommand(path.join(out, 'build-images.sh'), args, { cwd: folder, env });

/** A checkout with the least that an image can be built of, without any base image. */
function emptySource(): string {
  const source = path.join(folder, 'source');
  mkdirSync(path.join(source, 'deploy/docker'), { recursive: true });
  writeFileSync(
    path.join(source, 'package.json'),
    `{\n  "name": "x",\n  "version": "${version}",\n  "private": true\n}\n`,
  );
  const steps = [
    'FROM scratch AS selfcheer',
    'FROM selfcheer AS sidecar',
    'EXPOSE 9465',
    'FROM selfcheer',
    'EXPOSE 8080',
  ];
  writeFileSync(path.join(source, 'deploy/docker/exporter.Dockerfile'), steps.join('\n'));
  return source;
}

test('npm run release:dry makes all of a release, and proves that it can be installed', async () => {
  const told = await runCommand(
    'npm',
    ['run', '--silent', 'release:dry', '--', '--built', '--out', out],
    { cwd: root },
    300_000,
  );
  expect(told).toMatch(/installed in an empty folder/);
  expect(readdirSync(out).sort()).toEqual(
    [
      'RELEASE_NOTES.md',
      'SHA256SUMS',
      'build-images.sh',
      ...['cheer-kit', 'exporter', 'cheermeter-panel'].map((name) => `selfcheer-${name}-${version}.cdx.json`),
      ...['', 'cheer-kit-', 'exporter-'].map((name) => `selfcheer-${name}${version}.tgz`),
      `selfcheer-cheermeter-panel-${version}.zip`,
    ].sort(),
  );
  await runCommand('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out });
  expect(readdirSync(folder)).toEqual(['out']);

  const packed = (file: string): string[] =>
    execFileSync('tar', ['tzf', path.join(out, file)], { encoding: 'utf8' })
      .trim()
      .split('\n');
  expect(packed(`selfcheer-${version}.tgz`)).toEqual(
    expect.arrayContaining([
      'selfcheer/Chart.yaml',
      'selfcheer/values.schema.json',
      'selfcheer/files/prometheus-rule.yaml',
    ]),
  );
  expect(packed(`selfcheer-exporter-${version}.tgz`)).toEqual(
    expect.arrayContaining([
      'package/LICENSE',
      'package/bin/selfcheer.js',
      'package/templates/service/_package.json',
    ]),
  );
  const { metadata } = JSON.parse(readFileSync(path.join(out, sbom), 'utf8')) as {
    metadata: { component: object };
  };
  const [sum] = execFileSync('sha256sum', [path.join(out, `selfcheer-exporter-${version}.tgz`)], {
    encoding: 'utf8',
  }).split(' ');
  expect(metadata.component).toMatchObject({
    name: '@selfcheer/exporter',
    version,
    hashes: [{ content: sum }],
  });
  // It is read anywhere: neither this machine nor its registry belongs into it.
  const texts = readdirSync(out).filter((name) => /\.(json|md)$/.test(name));
  expect(texts.filter((name) => readFileSync(path.join(out, name), 'utf8').includes(root))).toEqual([]);
}, 320_000);

test('nothing is written over what is no release', async () => {
  const release = runCommand('npm', ['run', '--silent', 'release:dry', '--', '--out', 'e2e'], { cwd: root });
  await expect(release).rejects.toThrow(/ended with 2:[^]*holds something else/);
});

test('build-images.sh prints what docker would do, with SBOM and provenance where it pushes', async () => {
  const told = await script([
    '--source',
    root,
    '--tool',
    'docker',
    '--registry',
    'r.example/x',
    '--push',
    '--print',
  ]);
  const lines = told.trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const [n, name] of ['exporter', 'sidecar'].entries()) {
    for (const tag of [version, version.replace(/\.\d+$/, '')])
      expect(lines[n]).toContain(`--tag r.example/x/${name}:${tag} `);
    expect(lines[n]).toMatch(/--sbom=true --provenance=mode=max --push \.$/);
    expect(lines[n]).toMatch(/--label dev\.selfcheer\.sbom\.sha256=[0-9a-f]{64} /);
  }
  expect(lines.map((line) => line.includes('--target sidecar'))).toEqual([false, true]);
});

test('build-images.sh builds both by buildah, labelled', async () => {
  const storage = path.join(folder, 'storage.conf');
  const of = (name: string): string => JSON.stringify(path.join(folder, name));
  writeFileSync(storage, `[storage]\ndriver = "vfs"\ngraphroot = ${of('graph')}\nrunroot = ${of('run')}\n`);
  const env = { CONTAINERS_STORAGE_CONF: storage, STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' };
  await script(['--source', emptySource(), '--tool', 'buildah', '--registry', 'localhost/x'], env);
  for (const [name, port] of [
    ['exporter', '8080/tcp'],
    ['sidecar', '9465/tcp'],
  ] as const)
    for (const tag of [version, version.replace(/\.\d+$/, '')]) {
      const image = `localhost/x/${name}:${tag}`;
      const { Docker } = JSON.parse(
        await runCommand('buildah', ['inspect', '--type', 'image', image], { cwd: folder, env }),
      ) as { Docker: { config: { Labels: Record<string, string>; ExposedPorts: object } } };
      expect(Object.keys(Docker.config.ExposedPorts)).toEqual([port]);
      expect(Docker.config.Labels).toMatchObject({
        'org.opencontainers.image.title': `Selfcheer ${name}`,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.revision': 'unknown',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'dev.selfcheer.sbom.sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    }
});

test('build-images.sh pushes nothing that was not committed, and builds only what is a checkout', async () => {
  cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  await expect(script(['--source', emptySource(), '--tool', 'docker', '--push'])).rejects.toThrow(
    /nothing of it is pushed/,
  );
  await expect(script([])).rejects.toThrow(
    /there is no deploy\/docker\/exporter\.Dockerfile in .*: name a checkout/,
  );
  await expect(script(['--pusch'])).rejects.toThrow(/ended with 2:/);
});
