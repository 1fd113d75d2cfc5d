import { useEffect } from 'react';
import { player } from './player';
import { repeatAfter } from './queue';
import { type Command, isTaken, type Press, pressOf } from './shortcuts';
import { store } from './state';

/** Of the whole range, in one press. */
const VOLUME_STEP = 0.05;

/** Keys for the player, on the whole page. */
export function useShortcuts(dock: { readonly current: HTMLElement | null }, onHelp: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTaken(event, event.target)) return;
      const isInPlayer = event.target instanceof Node && dock.current?.contains(event.target) === true;
      const press = pressOf(event, isInPlayer);
      if (!press) return;
      const { hasShortcuts, current } = store.get();
      // Where they are switched off only the keys that are no letters work, and only in the player itself.
      if (!hasShortcuts && !(isInPlayer && event.key.startsWith('Arrow'))) return;
      if (press.command === 'help') onHelp();
      else if (!current) return;
      else if (!event.repeat || isSteady(press)) acts[press.command](press.seconds ?? 0);
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [dock, onHelp]);
}

/** What goes on as long as the key is held down. */
function isSteady({ command }: Press): boolean {
  return ['back', 'forward', 'louder', 'quieter'].includes(command);
}

const acts: Record<Exclude<Command, 'help'>, (seconds: number) => void> = {
  toggle: player.toggle,
  back: (seconds) => player.seekBy(-seconds),
  forward: player.seekBy,
  mute: () => player.setMuted(!store.get().isMuted),
  louder: () => player.setVolume(store.get().volume + VOLUME_STEP),
  quieter: () => player.setVolume(store.get().volume - VOLUME_STEP),
  next: player.next,
  previous: player.previous,
  repeat: () => player.setRepeat(repeatAfter(store.get().queue.repeat)),
  shuffle: () => player.setShuffled(!store.get().queue.isShuffled),
};
