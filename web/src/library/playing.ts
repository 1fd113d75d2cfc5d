import type { Upload } from '../api/client';
import { player } from '../player/player';
import { store } from '../player/state';

/** Plays this one, and then what can be played of those around it; or pauses it. */
export function playOf(rows: readonly Upload[], id: string): void {
  if (store.get().current?.id === id) {
    player.toggle();
    return;
  }
  const playable = rows.filter((upload) => upload.playable);
  const index = playable.findIndex((upload) => upload.id === id);
  if (index >= 0) player.play(playable, index);
}
