import { useSession } from '../session/useSession';
import { day } from '../ui/format';
import { ChangePassword } from './ChangePassword';
import { DeleteAccount } from './DeleteAccount';
import { useTitle } from './useTitle';

export function AccountPage() {
  useTitle('Account');
  const state = useSession();
  // The router is about to leave this page.
  if (state.status !== 'in') return null;
  const { email, created_at } = state.user;
  return (
    <div className="grid max-w-xl gap-10">
      <header>
        <h1 className="font-semibold text-3xl">Account</h1>
        <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
          <dt className="text-soft">Email</dt>
          <dd className="min-w-0 break-words font-medium">{email}</dd>
          <dt className="text-soft">Since</dt>
          <dd>
            <time dateTime={created_at}>{day(created_at)}</time>
          </dd>
        </dl>
      </header>
      <ChangePassword email={email} />
      <DeleteAccount email={email} />
    </div>
  );
}
