import { Volume1, Volume2, VolumeX } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { IconButton } from '../ui/Button';
import { player, usePlayer } from './player';
import { Slider } from './Slider';

/** By key, of the whole range. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -0.05,
  ArrowDown: -0.05,
  ArrowRight: 0.05,
  ArrowUp: 0.05,
  PageDown: -0.2,
  PageUp: 0.2,
  Home: -1,
  End: 1,
};

export function VolumeControl({ className = '' }: { className?: string }) {
  const volume = usePlayer((state) => state.volume);
  const isMuted = usePlayer((state) => state.isMuted);
  const heard = isMuted ? 0 : volume;
  const Icon = heard === 0 ? VolumeX : heard < 0.5 ? Volume1 : Volume2;
  const percent = Math.round(volume * 100);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    player.setVolume(volume + step);
  };

  return (
    <div className={`flex items-center gap-1 ${className}`}>
      <IconButton label={isMuted ? 'Sound on' : 'Sound off'} onClick={() => player.setMuted(!isMuted)}>
        <Icon size={20} aria-hidden />
      </IconButton>
      <Slider
        label="Volume"
        aria-valuetext={isMuted ? `${percent} per cent, off` : `${percent} per cent`}
        value={heard}
        max={1}
        onSlide={player.setVolume}
        onKeyDown={onKeyDown}
        className="min-w-20 grow"
      />
    </div>
  );
}
