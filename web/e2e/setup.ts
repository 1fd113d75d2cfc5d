import { Api } from './api';
import { longPiece } from './audio';
import { Server } from './server';

/** One server for all tests, which do not see each other, since each has users of its own. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await Server.start('--max-workers', '2');
  process.env.SEGUE_E2E_URL = server.url;
  const api = new Api(server.url);
  const listener = await api.account('listener');
  await api.upload(listener, await longPiece());
  process.env.SEGUE_E2E_LISTENER = JSON.stringify(listener);
  return () => server.stop();
}
