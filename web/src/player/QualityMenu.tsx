import { bitRate } from '../ui/format';
import { Menu, MenuChoice, MenuLabel } from '../ui/Menu';
import { AUTO } from './memory';
import { player, usePlayer } from './player';
import { RungBars } from './RungBars';
import { useRungs } from './useRungs';
import { qualityInWords } from './words';

/** Which rung is heard, and which ones there are. */
export function QualityMenu({ className = '' }: { className?: string }) {
  const words = usePlayer(qualityInWords);
  const mode = usePlayer((state) => state.mode);
  const rungs = usePlayer((state) => state.rungs);
  const quality = usePlayer((state) => state.quality);
  const renditions = usePlayer((state) => state.current?.renditions);
  const { count, lit } = useRungs();

  const bars = <RungBars count={count} lit={lit} className="h-4 w-auto shrink-0" />;
  const look = `inline-flex h-10 items-center gap-2.5 rounded-full border border-line px-3.5 text-sm tabular-nums ${className}`;
  // There is nothing to choose from.
  if (mode === 'original') return <span className={`${look} text-soft`}>{words}</span>;

  const choices = [
    { value: AUTO, label: <Choice name="Auto" note="As good as the network carries" /> },
    ...rungs.toReversed().map((name) => {
      const bandwidth = renditions?.find((rendition) => rendition.name === name)?.average_bandwidth;
      return { value: name, label: <Choice name={name} note={bandwidth ? bitRate(bandwidth) : ''} /> };
    }),
  ];
  return (
    <Menu
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`Quality: ${words}`}
          title="Quality"
          className={`${look} transition hover:bg-sunken`}
        >
          {bars}
          <span className="truncate">{words}</span>
        </button>
      }
    >
      <MenuLabel>Quality</MenuLabel>
      <MenuChoice
        label="Quality"
        value={rungs.includes(quality) ? quality : AUTO}
        choices={choices}
        onChoose={player.setQuality}
      />
    </Menu>
  );
}

function Choice({ name, note }: { name: string; note: string }) {
  return (
    <span className="flex grow items-baseline justify-between gap-6 tabular-nums">
      {name}
      <span className="text-soft text-xs">{note}</span>
    </span>
  );
}
