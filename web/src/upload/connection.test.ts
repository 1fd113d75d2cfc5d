import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from './connection';

describe('Connection', () => {
  let isUp = true;
  const probe = vi.fn(async () => isUp);

  beforeEach(() => {
    vi.useFakeTimers();
    isUp = true;
    probe.mockClear();
  });
  afterEach(async () => {
    // Ends the search that a test has left.
    isUp = true;
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
  });

  const lost = async () => {
    const connection = new Connection(probe, Date.now);
    isUp = false;
    expect(await connection.check()).toBe(false);
    return connection;
  };

  it('is up until somebody doubts it', () => {
    const connection = new Connection(probe, Date.now);
    expect(connection.isUp).toBe(true);
    expect(probe).not.toHaveBeenCalled();
  });

  it('asks once for all that doubt at the same time', async () => {
    const connection = new Connection(probe, Date.now);
    expect(await Promise.all([connection.check(), connection.check()])).toEqual([true, true]);
    expect(probe).toHaveBeenCalledTimes(1);
  });

  it('takes a probe that fails for one that is not answered', async () => {
    const connection = new Connection(() => Promise.reject(new TypeError('Failed to fetch')), Date.now);
    expect(await connection.check()).toBe(false);
  });

  it('seeks a server that is lost with growing pauses', async () => {
    await lost();
    await vi.advanceTimersByTimeAsync(60_000);
    const inAMinute = probe.mock.calls.length;
    expect(inAMinute).toBeGreaterThan(5);
    expect(inAMinute).toBeLessThan(10);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(probe.mock.calls.length - inAMinute).toBeLessThan(30);
  });

  it('tells when it is lost and when it is found again, once each', async () => {
    const connection = new Connection(probe, Date.now);
    const told: boolean[] = [];
    connection.subscribe(() => told.push(connection.isUp));
    isUp = false;
    await Promise.all([connection.check(), connection.check()]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await connection.check()).toBe(false);
    expect(told).toEqual([false]);
    isUp = true;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told).toEqual([false, true]);
    expect(await connection.check()).toBe(true);
  });

  it('probes at once when the browser is online again', async () => {
    const connection = await lost();
    await vi.advanceTimersByTimeAsync(300_000);
    isUp = true;
    const calls = probe.mock.calls.length;
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(probe.mock.calls.length).toBe(calls + 1);
    expect(connection.isUp).toBe(true);
  });

  it('probes at once when its user says so', async () => {
    const connection = await lost();
    await vi.advanceTimersByTimeAsync(300_000);
    const calls = probe.mock.calls.length;
    connection.tryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(probe.mock.calls.length).toBe(calls + 1);
    expect(connection.isUp).toBe(false);
  });

  it('stops asking by itself after a day, and still listens', async () => {
    await lost();
    await vi.advanceTimersByTimeAsync(25 * 3600 * 1000);
    const calls = probe.mock.calls.length;
    await vi.advanceTimersByTimeAsync(3600 * 1000);
    expect(probe.mock.calls.length).toBe(calls);
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(probe.mock.calls.length).toBe(calls + 1);
  });
});
