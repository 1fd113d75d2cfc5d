import { useId, useState } from 'react';
import { answer, api } from '../api/client';
import { session } from '../session/session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { toast } from '../ui/toasts';
import { FormFault } from './FormFault';
import { faultsIn, passwordFault } from './faults';
import { PasswordField } from './PasswordField';
import { Username } from './Username';
import { useForm } from './useForm';

export function DeleteAccount({ email }: { email: string }) {
  const titleId = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <section aria-labelledby={titleId} className="rounded-card border border-line bg-raised p-6">
      <h2 id={titleId} className="font-semibold text-xl">
        Delete account
      </h2>
      <p className="mt-1 text-soft text-sm">Your account goes, and with it everything that you uploaded.</p>
      <Button className="mt-5 text-danger" onClick={() => setOpen(true)}>
        Delete account…
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title="Delete your account?"
        description="All your uploads and all that was made of them go with it, for good. Nobody can bring them back, and links to play them end."
      >
        <Confirmation email={email} onCancel={() => setOpen(false)} />
      </Dialog>
    </section>
  );
}

function Confirmation({ email, onCancel }: { email: string; onCancel: () => void }) {
  const { faults, isBusy, props } = useForm({
    fields: ['password'],
    check: ({ password }) => faultsIn({ password: passwordFault(password) }),
    submit: async ({ password }) => {
      await answer(api.DELETE('/api/v1/me', { body: { password } }));
      session.ended();
      toast('Your account and all your uploads are deleted.');
    },
    places: { wrong_password: 'password' },
  });
  return (
    <form {...props} className="grid gap-5">
      <FormFault>{faults.form}</FormFault>
      <Username email={email} />
      <PasswordField label="Your password" name="password" autoComplete="current-password" error={faults.password} />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>Keep it</Button>
        <Button type="submit" look="danger" isBusy={isBusy}>
          {isBusy ? 'Deleting…' : 'Delete for good'}
        </Button>
      </div>
    </form>
  );
}
