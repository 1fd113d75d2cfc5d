import { Link, useRouter } from '@tanstack/react-router';
import { asProblem } from '../api/problem';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';

export function NotFound() {
  return (
    <main>
      <Notice
        isPage
        title="There is no such page"
        action={
          <Link to="/" className="rounded-full bg-accent px-5 py-2.5 font-medium text-on-accent text-sm">
            Go to your library
          </Link>
        }
      >
        The address may be mistyped, or what was here is gone.
      </Notice>
    </main>
  );
}

/** Nothing can be shown: mostly, because the server cannot be reached. */
export function Unreachable({ error }: { error: unknown }) {
  const router = useRouter();
  const problem = asProblem(error);
  return (
    <main>
      <Notice
        isAlert
        isPage
        title="Segue cannot be shown right now"
        action={
          <Button look="primary" onClick={() => void router.invalidate()}>
            Try again
          </Button>
        }
      >
        {problem.message}
        {problem.requestId && <p className="mt-2 text-xs">Request {problem.requestId}</p>}
      </Notice>
    </main>
  );
}
