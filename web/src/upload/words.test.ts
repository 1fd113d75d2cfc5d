import { describe, expect, it } from 'vitest';
import { Roster } from './roster';
import type { TransferState } from './transfer';
import { announcement, percent, progressInWords, stateInWords, titleOf } from './words';

function overview(...states: TransferState[]) {
  const roster = new Roster();
  for (const [index, state] of states.entries()) {
    roster.add({
      filename: `${index}.mp3`,
      size: 1000,
      sent: state === 'sent' ? 1000 : 250,
      state,
      reason: 'It broke.',
    });
  }
  return roster.overview();
}

describe('the tray', () => {
  it.each([
    [['sending', 'waiting', 'sent'], 'sending', 'Sending 2 files', '50 %'],
    [['sending', 'failed'], 'sending', 'Sending 1 file', '25 %'],
    [['paused', 'sent'], 'paused', '1 file paused', '1.3 kB of 2.0 kB'],
    [['sent', 'sent'], 'sent', 'All 2 files sent', 'Your library shows when they are ready to play.'],
    [['sent'], 'sent', 'Sent', 'Your library shows when it is ready to play.'],
    [['failed', 'sent', 'unfinished'], 'failed', '1 file not sent', '1 file sent'],
    [['unfinished', 'sent'], 'unfinished', '1 file not finished', ''],
    [['finishing'], 'sending', 'Sending 1 file', '25 %'],
    [[], 'idle', 'Uploads', ''],
  ] as const)('%j: %s', (states, phase, title, words) => {
    const seen = overview(...states);
    expect([seen.phase, titleOf(seen), progressInWords(seen)]).toEqual([phase, title, words]);
  });

  it('says how fast and how long', () => {
    const seen = { ...overview('sending'), bytesPerSecond: 2_500_000, secondsLeft: 125 };
    expect(progressInWords(seen)).toBe('25 % · 2.5 MB/s · 3 minutes left');
  });

  it('says that it waits for the connection', () => {
    const roster = new Roster();
    roster.add({ filename: 'a.mp3', size: 10, state: 'offline' });
    roster.setConnected(false);
    expect(roster.overview().phase).toBe('offline');
  });
});

describe('a row', () => {
  const roster = new Roster();
  const row = (state: TransferState, over: object = {}) =>
    stateInWords(roster.add({ filename: 'a.mp3', size: 10_000_000, sent: 2_500_000, state, ...over }));

  it('says where it stands', () => {
    expect(row('sending')).toBe('2.5 MB of 10.0 MB');
    expect(row('sending', { bytesPerSecond: 1e6, secondsLeft: 7.5 })).toBe(
      '2.5 MB of 10.0 MB · 1.0 MB/s · a few seconds left',
    );
    expect(row('sending', { reason: 'Waiting for a place.' })).toBe('Waiting for a place.');
    expect(row('failed', { reason: 'It broke.' })).toBe('It broke.');
    expect(row('paused')).toBe('Paused · 2.5 MB of 10.0 MB');
  });
});

describe('percent', () => {
  it('is 100 only at the end', () => {
    expect([percent(0, 10), percent(999, 1000), percent(10, 10), percent(0, 0)]).toEqual([0, 99, 100, 0]);
  });
});

describe('what is said aloud', () => {
  it('is beginnings, ends and failures', () => {
    expect(announcement(undefined, overview('sending'))).toBeUndefined();
    expect(announcement(overview(), overview('sending', 'waiting'))).toBe('Sending 2 files.');
    expect(announcement(overview('sending'), overview('sent'))).toBe('Sent.');
    expect(announcement(overview('sending', 'sending'), overview('sending', 'failed'))).toBe(
      '1.mp3 was not sent. It broke.',
    );
    expect(announcement(overview('sending', 'sending'), overview('failed', 'failed'))).toBe('2 files were not sent.');
  });

  it('is not progress', () => {
    expect(announcement(overview('sending', 'waiting'), overview('sent', 'sending'))).toBeUndefined();
  });
});
