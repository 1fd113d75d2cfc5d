import { bitRate } from '../ui/format';
import { AUTO } from './memory';
import type { PlayerState } from './state';

/** `Auto · 128k · 1.4 Mb/s`, `128k`. */
export function qualityInWords({
  mode,
  quality,
  rungs,
  rung,
  bandwidth,
}: Pick<PlayerState, 'mode' | 'quality' | 'rungs' | 'rung' | 'bandwidth'>): string {
  if (mode === 'original') return 'Original file';
  if (quality !== AUTO && rungs.includes(quality)) return quality;
  const measured = mode === 'hls' && bandwidth !== null ? bitRate(bandwidth) : null;
  return ['Auto', rung, measured].filter((part) => part !== null).join(' · ');
}
