import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import { Healer } from './healer';
import type { Playback } from './stream';

const playback: Playback = {
  url: 'https://segue.example/api/v1/play/t/master.m3u8',
  expires_at: '2026-11-21T12:00:00.000Z',
};

function patient(renew: () => Promise<Playback> = async () => playback) {
  const cures = {
    stop: vi.fn(),
    renew: vi.fn(renew),
    load: vi.fn(),
    recover: vi.fn(),
    giveUp: vi.fn(),
  };
  return { cures, healer: new Healer(cures) };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a healer', () => {
  it('gets a new URL for one that has run out, once for all requests that it is refused to', async () => {
    const { cures, healer } = patient();
    for (let request = 0; request < 4; request += 1) healer.report('expired');
    await vi.advanceTimersByTimeAsync(0);
    expect(cures.stop).toHaveBeenCalledOnce();
    expect(cures.renew).toHaveBeenCalledOnce();
    expect(cures.load).toHaveBeenCalledExactlyOnceWith(playback);
  });

  it('waits before it tries the network again', async () => {
    const { cures, healer } = patient();
    healer.report('network');
    await vi.advanceTimersByTimeAsync(999);
    expect(cures.load).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(cures.load).toHaveBeenCalledExactlyOnceWith(null);
  });

  it('does not wait where the network is said to be back', () => {
    const { cures, healer } = patient();
    healer.report('network');
    healer.hurry();
    healer.hurry();
    expect(cures.load).toHaveBeenCalledOnce();
  });

  it('waits on where no new URL is to be had, and gives up in the end', async () => {
    const { cures, healer } = patient(async () => {
      throw new Problem(0, 'offline', 'Not now.');
    });
    cures.load.mockImplementation(() => healer.report('network'));
    healer.report('expired');
    await vi.advanceTimersByTimeAsync(100_000);
    expect(cures.giveUp).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cures.giveUp).toHaveBeenCalledExactlyOnceWith('network', undefined);
    const asked = cures.renew.mock.calls.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(cures.renew).toHaveBeenCalledTimes(asked);
  });

  it('gives up at once where the upload is gone', async () => {
    const gone = new Problem(404, 'not_found', 'There is no such upload.');
    const { cures, healer } = patient(async () => {
      throw gone;
    });
    healer.report('expired');
    await vi.advanceTimersByTimeAsync(0);
    expect(cures.giveUp).toHaveBeenCalledExactlyOnceWith('other', gone);
  });

  it('sees to a media error while it waits for the network', () => {
    const { cures, healer } = patient();
    healer.report('network');
    healer.report('media');
    expect(cures.recover).toHaveBeenCalledExactlyOnceWith(false);
  });

  it('does nothing once it is over, though an answer comes late', async () => {
    const { cures, healer } = patient();
    healer.report('expired');
    await vi.advanceTimersByTimeAsync(0);
    cures.load.mockClear();
    healer.report('expired');
    healer.end();
    healer.report('media');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(cures.load).not.toHaveBeenCalled();
    expect(cures.recover).not.toHaveBeenCalled();
    expect(cures.giveUp).not.toHaveBeenCalled();
  });
});
