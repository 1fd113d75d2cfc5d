import { expect, it } from 'vitest';
import { example, later } from './example';
import { newsOf } from './news';

const became = (number: number, state: 'ready' | 'failed' | 'processing') => {
  const before = example(number, { state: 'queued', title: null });
  return { before, after: later(before, 5, { state }) };
};

it('names one or two', () => {
  expect(newsOf([became(1, 'ready')])).toBe('song-1.flac is ready.');
  expect(newsOf([became(1, 'ready'), became(2, 'failed')])).toBe('song-1.flac is ready. song-2.flac failed.');
});

it('counts more, rather than talk for a minute', () => {
  expect(newsOf([became(1, 'ready'), became(2, 'ready'), became(3, 'ready')])).toBe('3 uploads are ready.');
});

it('says nothing of what is on its way', () => {
  const ready = example(1);
  expect(newsOf([became(1, 'processing'), { before: ready, after: later(ready, 5) }])).toBe('');
});
