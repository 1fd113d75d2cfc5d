import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { CircleUser, Laptop, LogOut, Moon, Settings, Sun } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { asProblem } from '../api/problem';
import { followUploads } from '../live/live';
import { PlayerDock } from '../player/PlayerDock';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { IconButton } from '../ui/Button';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '../ui/Menu';
import { chooseTheme, useTheme } from '../ui/theme';
import { toast } from '../ui/toasts';
import { DropTarget } from '../upload/DropTarget';
import { UploadButton } from '../upload/UploadButton';
import { UploadTray } from '../upload/UploadTray';
import { Wordmark } from './Wordmark';

/** All of it is another one for another user, who may have logged in by another tab while this one looked away. */
export function UsersShell() {
  const state = useSession();
  const id = state.status === 'in' ? state.user.id : undefined;
  const [user, setUser] = useState(id);
  if (id !== undefined && id !== user) setUser(id);
  return <Shell key={user} />;
}

/** What is around every page of a user: it lives as long as the session, so that music and transfers go on. */
function Shell() {
  useEffect(() => followUploads(), []);
  return (
    <DropTarget>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-full focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-20 border-line border-b bg-paper/92 backdrop-blur">
        <div className="mx-auto flex h-16 max-w-6xl items-center gap-3 px-4 sm:px-6">
          <Link to="/" className="mr-auto" aria-label="Segue: your library">
            <Wordmark />
          </Link>
          <UploadButton />
          <AccountMenu />
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto max-w-6xl px-4 pt-6 pb-[calc(var(--dock-height,0px)+6rem)] outline-none sm:px-6"
      >
        <Outlet />
      </main>
      <UploadTray />
      <PlayerDock />
    </DropTarget>
  );
}

function AccountMenu() {
  const state = useSession();
  const theme = useTheme();
  const navigate = useNavigate();
  const logOut = () => {
    session.logOut().catch((thrown: unknown) => toast(asProblem(thrown).message, { tone: 'danger' }));
  };
  return (
    <Menu
      trigger={
        <IconButton label="Account and appearance">
          <CircleUser size={22} aria-hidden />
        </IconButton>
      }
    >
      <MenuLabel>{state.status === 'in' ? state.user.email : ''}</MenuLabel>
      <MenuItem onSelect={() => void navigate({ to: '/account' })}>
        <Settings size={16} aria-hidden /> Account
      </MenuItem>
      <MenuLine />
      <MenuChoice
        label="Appearance"
        value={theme}
        onChoose={chooseTheme}
        choices={[
          { value: 'system', label: <Choice icon={<Laptop size={16} aria-hidden />} text="As the system" /> },
          { value: 'light', label: <Choice icon={<Sun size={16} aria-hidden />} text="Light" /> },
          { value: 'dark', label: <Choice icon={<Moon size={16} aria-hidden />} text="Dark" /> },
        ]}
      />
      <MenuLine />
      <MenuItem onSelect={logOut}>
        <LogOut size={16} aria-hidden /> Log out
      </MenuItem>
    </Menu>
  );
}

function Choice({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <span className="inline-flex items-center gap-3">
      {icon}
      {text}
    </span>
  );
}
