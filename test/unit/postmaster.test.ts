import { tmpdir } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import type { Installation } from '../../src/database/embedded/init.js';
import { askToStop, launch, shutDown } from '../../src/database/embedded/postmaster.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('a server that has ended is sent nothing: its number may be another process’s by now', async () => {
  const installation = {
    layout: { cluster: tmpdir() },
    account: {},
    // Refuses the arguments and ends at once.
    binaries: { postgres: process.execPath },
  } as unknown as Installation;
  const postmaster = launch(installation, { argument: 'nothing', port: 1, maxConnections: 1 });
  expect(postmaster.pid).toBeGreaterThan(0);
  expect(postmaster.ended).toBe(false);
  expect(await postmaster.gone).toMatch(/exit code/);
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  askToStop(postmaster);
  await shutDown(postmaster, installation);
  expect(kill).not.toHaveBeenCalled();
});
