import { requireHelm } from './chart-package';
import { ReleaseError } from './project';

test('without helm it says what is missing, and where to get it', async () => {
  const missing = requireHelm({ PATH: '/nowhere' });
  await expect(missing).rejects.toThrow(ReleaseError);
  await expect(missing).rejects.toThrow(/helm is missing, .*https:\/\/helm\.sh\//);
});
