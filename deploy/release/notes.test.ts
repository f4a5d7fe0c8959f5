import { releaseNotes } from './notes';

test('the notes say what has changed, what is there and what was checked', () => {
  const files = [
    { name: 'selfcheer-exporter-1.2.3.tgz', bytes: 2048, sha256: '' },
    { name: 'selfcheer-1.2.3.tgz', bytes: 1024, sha256: '' },
  ];
  const changes = '### Added\n\n- A gate ([docs/gate.md](docs/gate.md), [SLSA](https://slsa.dev)).';
  const notes = {
    version: '1.2.3',
    changes,
    source: 'Made of c0ffee.',
    files,
    checks: ['one', 'two'],
    notReady: [],
  };
  const text = releaseNotes(notes);
  expect(text).toMatch(
    /^# Selfcheer 1\.2\.3\n\n## Added\n\n- A gate \(docs\/gate\.md, \[SLSA\]\(https:\/\/slsa\.dev\)\)\.\n/,
  );
  expect(text).toContain('| selfcheer-exporter-1.2.3.tgz | npm package @selfcheer/exporter, with');
  expect(text).toContain('| selfcheer-1.2.3.tgz | Helm chart | 1 KiB |');
  expect(text).toContain('- one\n- two');
  expect(text).not.toContain('rehearsal');
  expect(releaseNotes({ ...notes, notReady: ['not committed'] })).toContain(
    'A rehearsal, and no release:**\n\n- not committed',
  );
});
