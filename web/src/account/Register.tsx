import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { settingsQuery } from '../api/settings';
import { session } from '../session/session';
import { Button } from '../ui/Button';
import { EmailField } from './EmailField';
import { Entrance } from './Entrance';
import { FormFault } from './FormFault';
import { emailFault, faultsIn, newPasswordFault, PASSWORD_RULE } from './faults';
import { PasswordField } from './PasswordField';
import { useFocusFirst } from './useFocusFirst';
import { useForm } from './useForm';

export function Register() {
  const search = useSearch({ from: '/register' });
  const settings = useQuery(settingsQuery);
  const isClosed = settings.data?.registration === 'closed';
  return (
    <Entrance title="Make an account">
      {isClosed && (
        <p className="text-soft">
          New accounts are made by the operator of this server. Ask them for one, then log in with it.
        </p>
      )}
      {/* Where the settings do not come, the server still says whether it takes anybody. */}
      {!isClosed && !settings.isPending && <RegisterForm />}
      <p className="mt-6 text-soft text-sm">
        {isClosed ? 'You have one? ' : 'You have an account? '}
        <Link to="/login" search={search} className="font-medium text-accent underline underline-offset-4">
          Log in
        </Link>
      </p>
    </Entrance>
  );
}

function RegisterForm() {
  const { faults, isBusy, props } = useForm({
    fields: ['email', 'password'],
    check: ({ email, password }) => faultsIn({ email: emailFault(email), password: newPasswordFault(password) }),
    submit: ({ email, password }) => session.register(email.trim(), password),
    places: { email_taken: 'email', bad_email: 'email', bad_password: 'password' },
  });
  useFocusFirst(props.ref);
  return (
    <form {...props} className="grid gap-5">
      <FormFault>{faults.form}</FormFault>
      <EmailField error={faults.email} />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        hint={PASSWORD_RULE}
        error={faults.password}
      />
      <Button type="submit" look="primary" isBusy={isBusy} className="min-h-11">
        {isBusy ? 'Making your account…' : 'Make an account'}
      </Button>
    </form>
  );
}
