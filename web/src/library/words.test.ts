import { describe, expect, it } from 'vitest';
import { example } from './example';
import { byLine, failureWords, nameOf, ordinal, processingWords, queueWords, shortDay, uploadingWords } from './words';

describe('the place in the queue', () => {
  it('is said as people say it', () => {
    expect([1, 2, 3, 12, 999, 1000, null, undefined].map(queueWords)).toEqual([
      'Next in the queue',
      'Second in the queue',
      'Third in the queue',
      '12th in the queue',
      '999th in the queue',
      'Far back in the queue',
      'In the queue',
      'In the queue',
    ]);
    expect([11, 13, 21, 22, 23, 111, 1001].map(ordinal)).toEqual([
      '11th',
      '13th',
      '21st',
      '22nd',
      '23rd',
      '111th',
      '1,001st',
    ]);
  });
});

describe('uploading', () => {
  it('says how far this page is', () => {
    expect(uploadingWords({ state: 'sending', sent: 45, size: 100 })).toBe('Uploading, 45 %');
    expect(uploadingWords({ state: 'paused', sent: 45, size: 100 })).toBe('Paused at 45 %');
    expect(uploadingWords({ state: 'finishing', sent: 100, size: 100 })).toBe('Uploading, 99 %');
  });

  it('says how to go on with what no page sends', () => {
    expect(uploadingWords(undefined)).toBe('Unfinished: drop the same file again');
    expect(uploadingWords({ state: 'unfinished', sent: 5, size: 10 })).toBe(uploadingWords(undefined));
  });
});

describe('processing', () => {
  const song = example(1, { state: 'processing', progress: { encoded_seconds: 65, total_seconds: 130 } });
  it('says no more than is known', () => {
    const unknown = { part: undefined, secondsLeft: undefined };
    expect(processingWords({ ...song, progress: null }, unknown)).toBe('Processing');
    expect(processingWords(song, unknown)).toBe('Processing, 1:05 done');
    expect(processingWords(song, { part: 0.5, secondsLeft: undefined })).toBe('Processing, 50 %');
    expect(processingWords(song, { part: 0.5, secondsLeft: 100 })).toBe('Processing, 50 %, 2 minutes left');
  });
});

describe('names', () => {
  it('are the title, or the file', () => {
    expect(nameOf(example(1, { title: null }))).toBe('song-1.flac');
    expect(byLine(example(1, { artist: 'Nina Simone', album: 'Pastel Blues' }))).toBe('Nina Simone · Pastel Blues');
    expect(byLine(example(1, { artist: null, album: 'Pastel Blues' }))).toBe('Pastel Blues');
  });
});

it('a failure is told in a sentence', () => {
  const failure = { code: 'no_audio', message: 'there is no sound in this file; choose another', retryable: false };
  expect(failureWords(example(1, { state: 'failed', failure }))).toBe(
    'There is no sound in this file; choose another.',
  );
});

it('a day has its year where it is another', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(shortDay('2026-11-28T12:00:00.000Z', now)).toBe('28 Nov');
  expect(shortDay('2027-01-02T12:00:00.000Z', now)).toBe('2 Jan 2027');
});
