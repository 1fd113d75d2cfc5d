import { usePlayer } from './player';

/** For `RungBars`. */
export function useRungs(): { count: number; lit: number } {
  const count = usePlayer(({ rungs }) => rungs.length);
  const lit = usePlayer(({ rungs, rung }) => (rung === null ? 0 : rungs.indexOf(rung) + 1));
  return { count, lit };
}
