import { useId } from 'react';
import { answer, api } from '../api/client';
import { Button } from '../ui/Button';
import { toast } from '../ui/toasts';
import { FormFault } from './FormFault';
import { faultsIn, newPasswordFault, PASSWORD_RULE, passwordFault } from './faults';
import { PasswordField } from './PasswordField';
import { Username } from './Username';
import { useForm } from './useForm';

export function ChangePassword({ email }: { email: string }) {
  const titleId = useId();
  const { faults, isBusy, props } = useForm({
    fields: ['current', 'next'],
    check: ({ current, next }) => faultsIn({ current: passwordFault(current), next: newPasswordFault(next) }),
    submit: async ({ current, next }) => {
      await answer(api.POST('/api/v1/me/password', { body: { current_password: current, new_password: next } }));
      props.ref.current?.reset();
      toast('Your password is changed. Everywhere else you are logged out.');
    },
    places: { wrong_password: 'current', bad_password: 'next' },
  });
  return (
    <section aria-labelledby={titleId} className="rounded-card border border-line bg-raised p-6">
      <h2 id={titleId} className="font-semibold text-xl">
        Change password
      </h2>
      <p className="mt-1 text-soft text-sm">You stay logged in here. All your other sessions end.</p>
      <form {...props} className="mt-5 grid gap-5">
        <FormFault>{faults.form}</FormFault>
        <Username email={email} />
        <PasswordField label="Current password" name="current" autoComplete="current-password" error={faults.current} />
        <PasswordField
          label="New password"
          name="next"
          autoComplete="new-password"
          hint={PASSWORD_RULE}
          error={faults.next}
        />
        <Button type="submit" look="primary" isBusy={isBusy} className="justify-self-start">
          {isBusy ? 'Changing…' : 'Change password'}
        </Button>
      </form>
    </section>
  );
}
