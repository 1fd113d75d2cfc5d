import { expect, type Page } from '@playwright/test';

/** What the audio element went through. */
export interface Heard {
  /** Since it first played: the names of events that a listener would hear as a stall or an error. */
  trouble: string[];
  /** The most buffered ranges at once: more than one is a gap. */
  ranges: number;
  /** Seconds of audio and of time, between the first and the last look at it while it played. */
  played: number;
  passed: number;
}

/** Begins to look at the audio element; from the first `playing` on. */
export async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const audio = document.querySelector<HTMLAudioElement>('#segue-audio');
    if (!audio) throw new Error('there is no audio element');
    const heard = { trouble: [] as string[], ranges: 0, played: 0, passed: 0 };
    Object.assign(window, { heard });
    let begun: { time: number; at: number } | undefined;
    audio.addEventListener('playing', () => {
      begun ??= { time: audio.currentTime, at: performance.now() };
    });
    for (const name of ['waiting', 'error', 'emptied']) {
      audio.addEventListener(name, () => begun && heard.trouble.push(`${name} at ${audio.currentTime.toFixed(1)}`));
    }
    const look = () => {
      heard.ranges = Math.max(heard.ranges, audio.buffered.length);
      if (!begun) return;
      heard.played = audio.currentTime - begun.time;
      heard.passed = (performance.now() - begun.at) / 1000;
    };
    for (const name of ['timeupdate', 'progress']) audio.addEventListener(name, look);
  });
}

export function heard(page: Page): Promise<Heard> {
  return page.evaluate(() => (window as unknown as { heard: Heard }).heard);
}

export function currentTime(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelector<HTMLAudioElement>('#segue-audio')?.currentTime ?? -1);
}

/** It plays on by itself for so many seconds. */
export async function plays(page: Page, seconds: number): Promise<void> {
  const from = await currentTime(page);
  const timeout = (seconds + 60) * 1000;
  await expect.poll(() => currentTime(page), { timeout }).toBeGreaterThan(from + seconds);
}

export interface Segment {
  rung: string;
  number: number;
}

/** The segments that were asked for, as they are. */
export function segments(page: Page): Segment[] {
  const asked: Segment[] = [];
  page.on('request', (request) => {
    const [, rung, number] = /\/(\d+k)\/segment_(\d+)\.ts/.exec(request.url()) ?? [];
    if (rung) asked.push({ rung, number: Number(number) });
  });
  return asked;
}

export const dock = (page: Page) => page.getByRole('region', { name: 'Player' });
