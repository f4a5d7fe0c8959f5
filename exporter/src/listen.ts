import type { Server } from 'node:http';
import { AddressError, listenOn } from '@selfcheer/cheer-kit';
import { addressProblem } from './config/address-problem';

/** Listens on the `host:port` of a setting and resolves with the address in use; port 0 picks a free one. */
export async function listen(server: Server, address: string, setting: 'http' | 'admin'): Promise<string> {
  try {
    return await listenOn(server, address);
  } catch (error) {
    throw addressProblem(setting, address, error instanceof AddressError ? error.cause : error);
  }
}
