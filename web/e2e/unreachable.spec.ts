import { Api } from './api';
import { expect, logIn, test } from './fixtures';

test('a page that cannot reach the server says so, and goes on when it can', async ({
  page,
  context,
  serve,
  watch,
}) => {
  // React says what its boundary has caught.
  watch.expect(/^net::ERR_CONNECTION_REFUSED /, /^console: Problem: Segue cannot be reached/);
  const server = await serve();
  const account = await new Api(server.url).account();
  await logIn(context, server.url, account);
  await page.route('**/api/v1/auth/refresh', (route) => route.abort('connectionrefused'));
  await page.goto(server.url);
  await expect(page.getByRole('alert')).toContainText('Segue cannot be reached');
  await page.unroute('**/api/v1/auth/refresh');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Library' })).toBeVisible();
});
