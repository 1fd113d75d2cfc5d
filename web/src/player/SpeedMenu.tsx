import { Menu, MenuChoice, MenuLabel } from '../ui/Menu';
import { RATES } from './memory';
import { player, usePlayer } from './player';

const inWords = (rate: number) => `${rate}×`;
const choices = RATES.map((rate) => ({ value: String(rate), label: inWords(rate) }));

export function SpeedMenu({ className = '' }: { className?: string }) {
  const rate = usePlayer((state) => state.rate);
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`Speed: ${inWords(rate)}`}
          title="Speed"
          className={`h-10 min-w-12 rounded-full px-2.5 text-sm tabular-nums transition hover:bg-sunken ${rate === 1 ? 'text-soft' : 'bg-tint font-medium text-accent'} ${className}`}
        >
          {inWords(rate)}
        </button>
      }
    >
      <MenuLabel>Speed</MenuLabel>
      <MenuChoice
        label="Speed"
        value={String(rate)}
        choices={choices}
        onChoose={(chosen) => player.setRate(Number(chosen))}
      />
    </Menu>
  );
}
