import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { settingsQuery } from '../api/settings';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { Button } from '../ui/Button';
import { EmailField } from './EmailField';
import { Entrance } from './Entrance';
import { FormFault } from './FormFault';
import { emailFault, faultsIn, passwordFault } from './faults';
import { PasswordField } from './PasswordField';
import { useFocusFirst } from './useFocusFirst';
import { useForm } from './useForm';

/** Where it goes on from here is the router's: see src/app/router.tsx. */
export function LogIn() {
  const state = useSession();
  const search = useSearch({ from: '/login' });
  const settings = useQuery(settingsQuery);
  const { faults, isBusy, props } = useForm({
    fields: ['email', 'password'],
    check: ({ email, password }) => faultsIn({ email: emailFault(email), password: passwordFault(password) }),
    submit: ({ email, password }) => session.logIn(email.trim(), password),
    places: { wrong_credentials: 'password' },
  });
  useFocusFirst(props.ref);
  const isExpired = state.status === 'out' && state.isExpired;

  return (
    <Entrance title="Log in">
      {isExpired && (
        <p role="status" className="mb-6 rounded-xl bg-tint px-4 py-3 text-ink text-sm">
          Your session is over. Log in again to go on where you were.
        </p>
      )}
      <form {...props} className="grid gap-5">
        <FormFault>{faults.form}</FormFault>
        <EmailField error={faults.email} />
        <PasswordField label="Password" name="password" autoComplete="current-password" error={faults.password} />
        <Button type="submit" look="primary" isBusy={isBusy} className="min-h-11">
          {isBusy ? 'Logging in…' : 'Log in'}
        </Button>
      </form>
      {settings.data?.registration === 'open' && (
        <p className="mt-6 text-soft text-sm">
          New here?{' '}
          <Link to="/register" search={search} className="font-medium text-accent underline underline-offset-4">
            Make an account
          </Link>
        </p>
      )}
      {settings.data?.registration === 'closed' && (
        <p className="mt-6 text-soft text-sm">No account, or no password any more? Ask the operator of this server.</p>
      )}
    </Entrance>
  );
}
