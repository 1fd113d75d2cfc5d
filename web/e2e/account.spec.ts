import { expect, logIn, test } from './fixtures';

test('an expired session is taken up again where it was', async ({ page, context, api, account, baseURL, watch }) => {
  watch.expect(/^401 /);
  await logIn(context, baseURL, account);
  await page.goto('/?q=dawn&sort=oldest');
  await expect(page.getByRole('searchbox')).toHaveValue('dawn');
  // Elsewhere somebody chooses another password, which ends all other sessions.
  const password = 'another long password';
  const change = { current_password: account.password, new_password: password };
  expect(await api.status('POST', '/me/password', account, change)).toBe(204);

  await page.getByRole('searchbox').fill('noon');
  await expect(page.getByText('Your session is over')).toBeVisible();
  await expect(page.getByLabel('Email')).toBeFocused();
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('The address or the password is wrong.')).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('searchbox')).toHaveValue(/dawn|noon/);
  await expect(page).toHaveURL(/sort=oldest/);
});

test('what is wrong is said at its field, and the first one has the focus', async ({ page, account, watch }) => {
  watch.expect(/^409 POST \/api\/v1\/auth\/register$/);
  await page.goto('/register');
  const [email, password] = [page.getByLabel('Email'), page.getByLabel('Password', { exact: true })];
  const submit = page.getByRole('button', { name: 'Make an account' });
  await expect(email).toHaveAttribute('autocomplete', 'username');
  await expect(password).toHaveAttribute('autocomplete', 'new-password');
  await expect(password).toHaveAccessibleDescription(/8 to 256 characters/);

  await submit.click();
  await expect(email).toBeFocused();
  await expect(email).toHaveAccessibleDescription(/like name@example.com/);
  await email.fill(account.email);
  await password.fill('short');
  await submit.click();
  await expect(password).toBeFocused();
  await expect(password).toHaveAccessibleDescription(/these are 5/);
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(password).toHaveAttribute('type', 'text');
  await password.fill('long enough for anybody');
  await submit.click();
  await expect(email).toBeFocused();
  await expect(email).toHaveAccessibleDescription(/There is an account for this address/);
});

test('a password that is tried too often says when to try again', async ({ page, account, watch }) => {
  watch.expect(/^401 POST \/api\/v1\/auth\/login$/, /^429 POST \/api\/v1\/auth\/login$/);
  await page.goto('/login');
  await page.getByLabel('Email').fill(account.email);
  for (let tries = 0; tries < 10; tries += 1) {
    await page.getByLabel('Password', { exact: true }).fill(`wrong ${tries}`);
    const answered = page.waitForResponse(/auth\/login$/);
    await page.keyboard.press('Enter');
    await answered;
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  }
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText(/Try again in 15 minutes/);
});

test('a form is sent once, however often it is pressed', async ({ page, account }) => {
  await page.goto('/login');
  let asked = 0;
  await page.route('**/api/v1/auth/login', async (route) => {
    asked += 1;
    await expect(page.getByRole('button', { name: 'Logging in…' })).toHaveAttribute('aria-disabled', 'true');
    await page.keyboard.press('Enter');
    await route.continue();
  });
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Library' })).toBeVisible();
  expect(asked).toBe(1);
});

test('the password can be changed, and the account deleted for good', async ({
  library: page,
  account,
  baseURL,
  watch,
}) => {
  watch.expect(/^403 (POST \/api\/v1\/me\/password|DELETE \/api\/v1\/me)$/, /^401 POST \/api\/v1\/auth\/login$/);
  await page.getByRole('button', { name: 'Account and appearance' }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await expect(page.getByRole('heading', { name: 'Account' }).first()).toBeVisible();
  await expect(page).toHaveTitle('Account · Segue');
  await expect(page.locator('main')).toContainText(account.email);

  const next = 'one more long password';
  await page.getByLabel('Current password').fill('not this one');
  await page.getByLabel('New password').fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByLabel('Current password')).toBeFocused();
  await expect(page.getByLabel('Current password')).toHaveAccessibleDescription('The password is wrong.');
  await page.getByLabel('Current password').fill(account.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed.').first()).toBeVisible();
  await expect(page.getByLabel('New password')).toHaveValue('');

  await page.getByRole('button', { name: 'Delete account…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
  await expect(dialog).toContainText('for good');
  await expect(dialog.getByLabel('Your password')).toBeFocused();
  await dialog.getByLabel('Your password').fill(account.password);
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('Your password')).toHaveAccessibleDescription('The password is wrong.');
  await dialog.getByLabel('Your password').fill(next);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  expect(page.url()).toBe(`${baseURL}/login`);

  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(next);
  await page.keyboard.press('Enter');
  await expect(page.getByText('The address or the password is wrong.')).toBeVisible();
});

test('where registration is closed, the page says whom to ask', async ({ page, serve }) => {
  const server = await serve('--registration', 'closed');
  await page.goto(`${server.url}/register`);
  await expect(page.getByText('New accounts are made by the operator')).toBeVisible();
  await expect(page.getByLabel('Email')).toBeHidden();
  await page.getByRole('link', { name: 'Log in' }).click();
  await expect(page.getByText('Ask the operator of this server')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Make an account' })).toBeHidden();
});
