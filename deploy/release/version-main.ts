/** npm run release:version 1.2.3 */
import { runCommand } from '../../e2e/helpers/commands';
import { projectIn, root, UsageError } from './project';
import { setVersion } from './set-version';

async function main([version, ...more]: readonly string[]): Promise<number> {
  if (version === undefined || more.length > 0 || version.startsWith('-')) {
    process.stderr.write('usage: npm run release:version X.Y.Z\n');
    return 2;
  }
  const today = new Date().toISOString().slice(0, 10);
  const changed = setVersion(projectIn(root), version, today);
  await runCommand('npm', ['run', '--silent', 'deploy:generate'], { cwd: root });
  process.stdout.write(
    `${version} stands in ${changed.join(', ') || 'everything already'}, and in the manifests.\n`,
  );
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: Error) => {
    process.stderr.write(`release:version: ${error.message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
